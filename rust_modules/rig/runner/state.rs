// SPDX-License-Identifier: GPL-2.0

//! Run state: settings, the run under way, and the report of the last one.

use core::mem;

use abi::status::{
    State,
    Status, //
};

use crate::{
    cpu,
    prelude::*,
    thread::Thread,
    workers::Workers,
    ErrorText,
    Load, //
};

/// A run that waits for the control thread.
pub(super) struct Request<L: Load> {
    pub(super) workers: Arc<Workers<L>>,
    pub(super) threads: KVVec<Thread>,
    pub(super) report: Text,
    pub(super) number: u64,
    pub(super) length_ms: u32,
}

/// The run under way.
enum Current<L: Load> {
    /// None.
    Idle,
    /// It is being prepared, or its memory is being freed; this stops it.
    WithoutThreads(Arc<StopFlag>),
    /// Its threads work.
    WithThreads(Arc<Workers<L>>),
}

/// Run state.
pub(super) struct RunState<L: Load> {
    pub(super) config: L::Config,
    /// Reason of the last refused write.
    pub(super) error: ErrorText,
    /// Report of the last finished run.
    pub(super) report: Text,
    pub(super) request: Option<Request<L>>,
    pub(super) closed: bool,
    current: Current<L>,
    runs: u64,
    started_ns: u64,
    elapsed_ns: u64,
}

impl<L: Load> RunState<L> {
    pub(super) fn new() -> Self {
        Self {
            config: L::Config::default(),
            error: ErrorText::NONE,
            report: Text::default(),
            request: None,
            closed: false,
            current: Current::Idle,
            runs: 0,
            started_ns: 0,
            elapsed_ns: 0,
        }
    }

    pub(super) fn status(&self) -> Status {
        let (state, elapsed_ns) = match self.stop_flag() {
            None => (State::Idle, self.elapsed_ns),
            Some(stop_flag) => {
                let state = match stop_flag.is_raised() {
                    false => State::Running,
                    true => State::Stopping,
                };
                (state, now_ns().saturating_sub(self.started_ns))
            }
        };
        Status {
            state,
            runs: self.runs,
            elapsed_ns,
        }
    }

    /// Changes settings.
    pub(super) fn set(&mut self, text: &str) -> Result<(), Refused> {
        let running = self.stop_flag().is_some();
        L::set(&mut self.config, text, &cpu::limits(), running)?;
        if let Current::WithThreads(workers) = &self.current {
            L::change(&workers.run, &self.config);
        }
        Ok(())
    }

    /// Begins the preparation of a run, which `stop_flag` stops; returns its settings.
    pub(super) fn begin(&mut self, stop_flag: Arc<StopFlag>) -> Result<L::Config, Refused> {
        self.must_be_idle("start")?;
        self.started_ns = now_ns();
        self.current = Current::WithoutThreads(stop_flag);
        Ok(self.config)
    }

    /// Ends the preparation without a run.
    pub(super) fn abandon(&mut self) {
        self.current = Current::Idle;
    }

    /// Requests the run of the control thread; it was prepared with `config`.
    pub(super) fn request(&mut self, mut prepared: Request<L>, config: &L::Config) {
        self.runs = self.runs.wrapping_add(1);
        self.started_ns = now_ns();
        prepared.number = self.runs;
        prepared.length_ms = L::length_ms(config);
        // Live settings may have changed meanwhile.
        L::change(&prepared.workers.run, &self.config);
        self.current = Current::WithThreads(prepared.workers.clone());
        self.request = Some(prepared);
    }

    /// Stops the run under way.
    pub(super) fn stop(&self) {
        if let Some(stop_flag) = self.stop_flag() {
            stop_flag.raise();
        }
    }

    /// Writes the progress of the run under way, if there is one.
    pub(super) fn now(&self, to: &mut Text) -> core::fmt::Result {
        match &self.current {
            Current::WithThreads(workers) => L::now(&workers.run, to),
            _ => Ok(()),
        }
    }

    /// Returns the reference to the run, whose threads have left; the state is not idle yet.
    pub(super) fn release(&mut self, stop_flag: Arc<StopFlag>) -> impl Sized {
        mem::replace(&mut self.current, Current::WithoutThreads(stop_flag))
    }

    /// Ends the run with its report; its memory is free.
    pub(super) fn finish(&mut self, report: Text) -> Text {
        self.current = Current::Idle;
        self.elapsed_ns = now_ns().saturating_sub(self.started_ns);
        mem::replace(&mut self.report, report)
    }

    /// Resets everything to its state at load time.
    pub(super) fn reset(&mut self) -> Result<(), Refused> {
        self.must_be_idle("1")?;
        *self = Self::new();
        Ok(())
    }

    /// Stops the run under way, and starts no other.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.stop();
    }

    fn stop_flag(&self) -> Option<&Arc<StopFlag>> {
        match &self.current {
            Current::Idle => None,
            Current::WithoutThreads(stop_flag) => Some(stop_flag),
            Current::WithThreads(workers) => Some(&workers.stop_flag),
        }
    }

    fn must_be_idle(&self, word: &str) -> Result<(), Refused> {
        if self.closed {
            return Err(Refused::new(
                EIO,
                format_args!("`{word}`: the module is being removed"),
            ));
        }
        match self.stop_flag() {
            None => Ok(()),
            Some(_) => Err(Refused::new(
                EBUSY,
                format_args!("`{word}`: a run is under way; write `stop` to run"),
            )),
        }
    }
}

impl<L: Load> Request<L> {
    /// Prepares a run of `config`: allocates all that it needs, and makes its threads.
    pub(super) fn prepare(
        load: &L,
        config: &L::Config,
        preparation: &Preparation,
    ) -> Result<Self, Refused> {
        let run = load.prepare(config, &cpu::limits(), preparation)?;
        let (workers, threads) = Workers::<L>::new(run, preparation.0.clone())?;
        let report = Text::with_capacity(L::report_bytes(&workers.run))?;
        Ok(Self {
            workers,
            threads,
            report,
            number: 0,
            length_ms: 0,
        })
    }
}

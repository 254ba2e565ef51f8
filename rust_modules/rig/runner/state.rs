// SPDX-License-Identifier: GPL-2.0

//! Run state: settings, the run under way, and the report of the last one.

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

/// Run state.
pub(super) struct RunState<L: Load> {
    pub(super) config: L::Config,
    /// Reason of the last refused write.
    pub(super) error: ErrorText,
    /// Report of the last finished run.
    pub(super) report: Text,
    /// Counts the changes of `report`.
    pub(super) edition: u32,
    pub(super) request: Option<Request<L>>,
    pub(super) closed: bool,
    /// The run under way.
    workers: Option<Arc<Workers<L>>>,
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
            edition: 0,
            request: None,
            closed: false,
            workers: None,
            runs: 0,
            started_ns: 0,
            elapsed_ns: 0,
        }
    }

    pub(super) fn status(&self) -> Status {
        let (state, elapsed_ns) = match &self.workers {
            None => (State::Idle, self.elapsed_ns),
            Some(workers) => {
                let state = match workers.stop_flag.is_raised() {
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
        L::set(
            &mut self.config,
            text,
            &cpu::limits(),
            self.workers.is_some(),
        )?;
        if let Some(workers) = &self.workers {
            L::change(&workers.run, &self.config);
        }
        Ok(())
    }

    /// Prepares a run and requests it of the control thread.
    pub(super) fn start(&mut self, load: &L) -> Result<(), Refused> {
        self.must_be_idle("start")?;
        let run = load.prepare(&self.config, &cpu::limits())?;
        let (workers, threads) = Workers::<L>::new(run)?;
        let report = Text::with_capacity(L::report_bytes(&workers.run))?;
        self.runs = self.runs.wrapping_add(1);
        self.started_ns = now_ns();
        self.workers = Some(workers.clone());
        self.request = Some(Request {
            workers,
            threads,
            report,
            number: self.runs,
            length_ms: L::length_ms(&self.config),
        });
        Ok(())
    }

    /// Stops the run under way.
    pub(super) fn stop(&self) {
        if let Some(workers) = &self.workers {
            workers.stop_flag.raise();
        }
    }

    /// Writes the progress of the run under way, if there is one.
    pub(super) fn now(&self, to: &mut Text) -> core::fmt::Result {
        self.workers
            .as_ref()
            .map_or(Ok(()), |workers| L::now(&workers.run, to))
    }

    /// Ends the run under way with its report.
    pub(super) fn finish(&mut self, report: Text) {
        self.report = report;
        self.edition = self.edition.wrapping_add(1);
        // The last reference: the memory of the run is free before a reader sees the state idle.
        self.workers = None;
        self.elapsed_ns = now_ns().saturating_sub(self.started_ns);
    }

    /// Resets everything to its state at load time.
    pub(super) fn reset(&mut self) -> Result<(), Refused> {
        self.must_be_idle("1")?;
        let edition = self.edition.wrapping_add(1);
        *self = Self::new();
        self.edition = edition;
        Ok(())
    }

    /// Stops the run under way, and starts no other.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.stop();
    }

    fn must_be_idle(&self, word: &str) -> Result<(), Refused> {
        match self.workers {
            None => Ok(()),
            Some(_) => Err(Refused::new(
                EBUSY,
                format_args!("`{word}`: a run is under way; write `stop` to run"),
            )),
        }
    }
}

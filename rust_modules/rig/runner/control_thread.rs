// SPDX-License-Identifier: GPL-2.0

//! Control thread of a runner.

use super::{
    shared::RunnerShared,
    state::Request, //
};
use crate::{
    gate::Gate,
    prelude::*,
    refused::errno,
    Control,
    ErrorText,
    FinishedRun,
    Load, //
};

impl<L: Load> RunnerShared<L> {
    /// Thread function: controls runs until the runner is closed.
    pub(super) fn control(&self) {
        while let Some(request) = self.next() {
            self.run(request);
        }
    }

    /// Waits for a run; one that was requested before the runner was closed is still run.
    fn next(&self) -> Option<Request<L>> {
        let mut state = self.state.lock();
        loop {
            if let Some(request) = state.request.take() {
                return Some(request);
            }
            if state.closed {
                return None;
            }
            // Interruptible only so as not to count as load; a kernel thread gets no signals.
            let _ = self.work.wait_interruptible(&mut state);
        }
    }

    fn run(&self, request: Request<L>) {
        let Request {
            workers,
            mut threads,
            mut report,
            number,
            length_ms,
        } = request;
        threads.iter_mut().for_each(|thread| thread.wake());
        let (gate, stop_flag) = (&workers.gate, &workers.stop_flag);
        let wanted = L::threads(&workers.run);
        let complete = gate.wait_for_arrivals(wanted, || stop_flag.is_raised());
        let arrived = gate.arrived();
        let timer = stop_flag.raise_in(length_ms.saturating_add(L::START_TIMEOUT_MS));
        let mut controlled = Ok(());
        if complete {
            gate.open();
            let control = Control {
                stop_flag,
                placements: &workers.placements,
                gate,
            };
            controlled = L::control(&workers.run, &control);
        } else {
            gate.give_up();
        }
        // Joins them. They need nothing that is held here.
        drop(threads);
        drop(timer);

        let late = !complete && !stop_flag.is_raised();
        let longest_ns = ns(length_ms.saturating_add(L::START_TIMEOUT_MS));
        let began = L::START_TIMEOUT_MS == 0 || gate.is_restarted();
        let apart = complete && !began && workers.elapsed_ns() >= longest_ns;
        let config = self.state.lock().config;
        let finished = FinishedRun {
            number,
            config: &config,
            run: &workers.run,
            elapsed_ns: workers.elapsed_ns(),
            stopped_early: stop_flag.is_raised() || !complete,
            placements: &workers.placements,
        };
        let written = self.load.report(&finished, &mut report);
        // The last references: the memory of the run is free before a reader sees the state idle. That
        // may take seconds, so not with the state locked.
        let stop_flag = workers.stop_flag.clone();
        let released = self.state.lock().release(stop_flag);
        drop((workers, released));
        let error = match (written, controlled) {
            (Err(_), _) => {
                report = Text::default();
                Some(ErrorText::new(format_args!(
                    "{} run: no room for the report",
                    errno(ENOMEM)
                )))
            }
            (Ok(()), _) if late => Some(late_error(arrived, wanted)),
            (Ok(()), _) if apart => Some(apart_error(L::START_TIMEOUT_MS)),
            (Ok(()), Err(refused)) => Some(refused.error("run")),
            (Ok(()), Ok(())) => None,
        };
        let mut state = self.state.lock();
        if let Some(error) = error {
            state.error = error;
        }
        let old = state.finish(report);
        drop(state);
        drop(old);
    }
}

fn late_error(arrived: u32, wanted: u32) -> ErrorText {
    ErrorText::new(format_args!(
        "{} run: {arrived} of {wanted} threads arrived at the start within {} s; the \
         host is too busy for that many vCPUs: use fewer threads",
        errno(ETIMEDOUT),
        Gate::arrival_timeout_ns(wanted) / 1_000_000_000,
    ))
}

fn apart_error(timeout_ms: u32) -> ErrorText {
    ErrorText::new(format_args!(
        "{} run: the threads did not work together within {timeout_ms} ms after the start; the host is too busy \
         for that many vCPUs: use fewer threads",
        errno(ETIMEDOUT),
    ))
}

fn ns(ms: u32) -> u64 {
    u64::from(ms).saturating_mul(1_000_000)
}

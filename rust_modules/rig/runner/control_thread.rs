// SPDX-License-Identifier: GPL-2.0

//! What the conductor does.

use kernel::prelude::*;

use super::{
    state::Order,
    RunnerShared, //
};
use crate::{
    gate::Gate,
    Control,
    FinishedRun,
    Line,
    Load,
    Text, //
};

impl<L: Load> RunnerShared<L> {
    /// Conducts runs until the bench is closed.
    pub(super) fn control(&self) {
        while let Some(order) = self.next() {
            self.carry_out(order);
        }
    }

    /// Waits for a run; one that was ordered before the bench was closed is still carried out.
    fn next(&self) -> Option<Order<L>> {
        let mut state = self.state.lock();
        loop {
            if let Some(order) = state.order.take() {
                return Some(order);
            }
            if state.closed {
                return None;
            }
            // Interruptible only so as not to count as load; a kernel thread gets no signals.
            let _ = self.work.wait_interruptible(&mut state);
        }
    }

    fn carry_out(&self, order: Order<L>) {
        let Order {
            workers,
            mut threads,
            mut report,
            number,
            length_ms,
        } = order;
        threads.iter_mut().for_each(|thread| thread.wake());
        let wanted = L::threads(&workers.run);
        let all = workers
            .gate
            .muster(wanted, || workers.stop_flag.is_raised());
        let came = workers.gate.arrived();
        let timer = workers
            .stop_flag
            .raise_in(length_ms.saturating_add(L::START_TIMEOUT_MS));
        match all {
            true => workers.gate.open(),
            false => workers.gate.give_up(),
        }
        let control = Control {
            stop_flag: &workers.stop_flag,
            placements: &workers.placements,
            gate: &workers.gate,
        };
        let conducted = match all {
            true => L::control(&workers.run, &control),
            false => Ok(()),
        };
        // Joins them. They need nothing that is held here.
        drop(threads);
        drop(timer);

        let late = !all && !workers.stop_flag.is_raised();
        let config = self.state.lock().config;
        let ended = FinishedRun {
            number,
            config: &config,
            run: &workers.run,
            elapsed_ns: workers.elapsed_ns(),
            stopped_early: workers.stop_flag.is_raised() || !all,
            placements: &workers.placements,
        };
        let told = self.load.report(&ended, &mut report);
        drop(workers);
        let mut state = self.state.lock();
        if told.is_err() {
            state.error = Line::say(format_args!("{ENOMEM:?} run: no room for the report"));
            report = Text::default();
        } else if late {
            state.error = Line::say(format_args!(
                "{ETIMEDOUT:?} run: {came} of {wanted} threads came to the start within {} s; \
                 the host is too busy for that many vCPUs: ask for fewer threads",
                Gate::patience_ns(wanted) / 1_000_000_000,
            ));
        } else if let Err(refused) = conducted {
            let (errno, why) = (refused.errno, refused.why());
            state.error = Line::say(format_args!("{errno:?} run: {why}"));
        }
        state.finish(report);
    }
}

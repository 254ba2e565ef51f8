// SPDX-License-Identifier: GPL-2.0

//! What the conductor does.

use kernel::prelude::*;

use super::{
    desk::Order,
    Bench, //
};
use crate::{
    gate::Gate,
    Ended,
    Line,
    Load,
    Stage,
    Text, //
};

impl<L: Load> Bench<L> {
    /// Conducts runs until the bench is closed.
    pub(super) fn conduct(&self) {
        while let Some(order) = self.next() {
            self.carry_out(order);
        }
    }

    /// Waits for a run; one that was ordered before the bench was closed is still carried out.
    fn next(&self) -> Option<Order<L>> {
        let mut desk = self.desk.lock();
        loop {
            if let Some(order) = desk.order.take() {
                return Some(order);
            }
            if desk.closed {
                return None;
            }
            // Interruptible only so as not to count as load; a kernel thread gets no signals.
            let _ = self.work.wait_interruptible(&mut desk);
        }
    }

    fn carry_out(&self, order: Order<L>) {
        let Order {
            crew,
            mut threads,
            mut report,
            number,
            length_ms,
        } = order;
        threads.iter_mut().for_each(|thread| thread.wake());
        let wanted = L::threads(&crew.run);
        let all = crew.gate.muster(wanted, || crew.alarm.rung());
        let came = crew.gate.arrived();
        let timer = crew.alarm.ring_in(length_ms.saturating_add(L::LINE_UP_MS));
        match all {
            true => crew.gate.open(),
            false => crew.gate.give_up(),
        }
        let stage = Stage {
            alarm: &crew.alarm,
            places: &crew.places,
            gate: &crew.gate,
        };
        let conducted = match all {
            true => L::conduct(&crew.run, &stage),
            false => Ok(()),
        };
        // Joins them. They need nothing that is held here.
        drop(threads);
        drop(timer);

        let late = !all && !crew.alarm.rung();
        let config = self.desk.lock().config;
        let ended = Ended {
            number,
            config: &config,
            run: &crew.run,
            elapsed_ns: crew.elapsed_ns(),
            told_to_stop: crew.alarm.rung() || !all,
            places: &crew.places,
        };
        let told = self.load.report(&ended, &mut report);
        drop(crew);
        let mut desk = self.desk.lock();
        if told.is_err() {
            desk.error = Line::say(format_args!("{ENOMEM:?} run: no room for the report"));
            report = Text::default();
        } else if late {
            desk.error = Line::say(format_args!(
                "{ETIMEDOUT:?} run: {came} of {wanted} threads came to the start within {} s; \
                 the host is too busy for that many vCPUs: ask for fewer threads",
                Gate::patience_ns(wanted) / 1_000_000_000,
            ));
        } else if let Err(refused) = conducted {
            let (errno, why) = (refused.errno, refused.why());
            desk.error = Line::say(format_args!("{errno:?} run: {why}"));
        }
        desk.finish(report);
    }
}

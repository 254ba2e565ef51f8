// SPDX-License-Identifier: GPL-2.0

//! Lost time: how long the vCPU of a thread did not run, and what that did to waits.
//!
//! The sampler finds a gap, more time between two readings of the clock than the thread's work can
//! have taken. Where there is a steal clock, it says how much of the gap was lost; a long gap is
//! lost in any case. A loss in a section, or in the hand-off to one, delays all waiters behind
//! it: the [preemption log](PreemptionLog) takes it, and a long wait is attributed by that log.

use algo::{
    preemption_log::LongWait,
    primitive::Vcpu,
    FinishedWait, //
};
use rig::StealClock;

use super::{
    instrumentation::Instrumentation,
    thread_log::ThreadLog, //
};

/// Time for which the vCPU did not run, in stamps.
#[derive(Clone, Copy)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) until: u64,
}

/// Lost time of one thread.
pub(crate) struct TimeLoss<'a> {
    run: &'a Instrumentation,
    log: &'a ThreadLog,
    index: u32,
    steal: StealClock,
}

impl<'a> TimeLoss<'a> {
    pub(crate) fn new(run: &'a Instrumentation, log: &'a ThreadLog, index: u32) -> Self {
        Self {
            run,
            log,
            index,
            steal: StealClock::new(),
        }
    }

    /// Adds steal time since the last call and returns it in ticks; `None` without a steal clock.
    pub(crate) fn add_steal(&self) -> Option<u64> {
        let ns = self.steal.passed_ns(Vcpu::current().number())?;
        self.log.lost_ns.add(ns);
        Some(self.run.thresholds.tsc.of_ns(ns))
    }

    /// Adds what was lost in a gap of so many ticks, and returns it.
    pub(crate) fn add_gap(&self, ticks: u64) -> u64 {
        let thresholds = &self.run.thresholds;
        let steal = self.add_steal().map(|steal| steal.min(ticks));
        match steal {
            Some(steal) if ticks < thresholds.certain => steal,
            _ => {
                let rest = ticks.saturating_sub(steal.unwrap_or(0));
                self.log.lost_ns.add(thresholds.tsc.ns(rest));
                ticks
            }
        }
    }

    /// Adds what was lost in a gap of so many ticks until `now` in the thread's section.
    pub(crate) fn add_gap_in_section(&self, ticks: u64, now: u64) {
        match self.add_gap(ticks) {
            0 => {}
            lost => self.log_loss(true, now.saturating_sub(lost), now),
        }
    }

    /// Adds a gap that the thread itself saw in its section.
    pub(crate) fn add_seen_gap(&self, gap: Gap) {
        self.add_gap(gap.until.saturating_sub(gap.from));
        self.log_loss(true, gap.from, gap.until);
    }

    fn log_loss(&self, held: bool, from: u64, until: u64) {
        self.run
            .preemption_log
            .record_loss(self.index, held, from, until);
    }

    /// Records a contended acquisition that entered its section at `now`; returns since when the
    /// thread waited.
    #[inline(never)]
    pub(crate) fn record_wait(&self, wait: &FinishedWait, now: u64) -> u64 {
        let (run, log, thresholds) = (self.run, self.log, &self.run.thresholds);
        let since = wait.since.max(run.began());
        let ticks = now.saturating_sub(since);
        log.waits.add(1);
        log.wait.record(thresholds.tsc.ns(ticks));
        let lost = self.record_handoff(since, wait.lost.min(ticks), now);
        if run.reports_contention && run.preemption_log.is_overtaken(since, thresholds.tolerance) {
            log.overtaken.add(1);
        }
        if ticks > thresholds.long {
            let long = LongWait {
                index: self.index,
                since,
                until: now,
                lost: if run.fifo { 0 } else { lost },
            };
            let cause = run.preemption_log.attribute(&long);
            log.add_long_wait(cause, thresholds.tsc.ns(ticks));
        }
        since
    }

    /// Records the hand-off that ended a wait, unless the lock was released before the wait began;
    /// returns what was lost in the wait, `seen_lost` of it by the waiter's own clock.
    fn record_handoff(&self, since: u64, seen_lost: u64, now: u64) -> u64 {
        let (run, thresholds) = (self.run, &self.run.thresholds);
        let released = run.preemption_log.last_release();
        let mut late = 0;
        if released >= since {
            let handoff = now.saturating_sub(released);
            self.log.handoff.record(thresholds.tsc.ns(handoff));
            if handoff > thresholds.gap {
                late = handoff;
            }
        }
        let lost = match seen_lost.max(late) {
            0 => 0,
            gap => self.add_gap(gap),
        };
        if late > 0 && lost > 0 {
            self.log_loss(false, now.saturating_sub(lost.min(late)), now);
        }
        lost
    }
}

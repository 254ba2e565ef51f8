// SPDX-License-Identifier: GPL-2.0

//! Lost time: how long the vCPU of a thread did not run, and what that did to waits.
//!
//! The sampler finds a gap, more time between two readings of the clock than the thread's work can
//! have taken. Where there is a steal clock, it says how much of the gap was lost; a long gap is
//! lost in any case. A loss in a section, or in the hand-off to one, delays all waiters behind
//! it: the [preemption log](PreemptionLog) takes it, and a long wait is attributed by that log.

use algo::{
    preemption_log::{
        LongWait,
        Parts, //
    },
    primitive::Vcpu,
    FinishedWait,
    Gap,
    GAPS, //
};

use crate::{
    instrumentation::Instrumentation,
    thread_log::ThreadLog,
    wait_log::LoggedWait,
    world::{
        StealClock,
        World, //
    }, //
};

/// Lost time of one thread.
pub(crate) struct TimeLoss<'a, W: World> {
    run: &'a Instrumentation<W>,
    log: &'a ThreadLog<W>,
    index: u32,
    steal: W::Steal,
}

impl<'a, W: World> TimeLoss<'a, W> {
    pub(crate) fn new(
        run: &'a Instrumentation<W>,
        log: &'a ThreadLog<W>,
        index: u32,
        steal: W::Steal,
    ) -> Self {
        Self {
            run,
            log,
            index,
            steal,
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

    /// Adds what was lost in a gap in the section that the thread entered at `entered`, 0 if no thread
    /// waited then.
    pub(crate) fn add_gap_in_section(&self, entered: u64, gap: &Gap) {
        match self.add_gap(gap.length()) {
            0 => {}
            lost => self.log_loss(Some(entered), &gap.last(lost)),
        }
    }

    /// The same of a gap that is lost time for certain, however short it is.
    pub(crate) fn add_stop_in_section(&self, entered: u64, gap: &Gap) {
        self.add_gap(gap.length());
        self.log_loss(Some(entered), gap);
    }

    fn log_loss(&self, held: Option<u64>, gap: &Gap) {
        self.run.preemption_log.record_loss(self.index, held, gap);
    }

    /// Records a contended acquisition that entered its section at `now`; returns since when the
    /// thread waited. `gaps` are those of its wait clock.
    #[inline(never)]
    pub(crate) fn record_wait(
        &self,
        wait: &FinishedWait,
        gaps: impl Fn() -> [Gap; GAPS],
        now: u64,
    ) -> u64 {
        let (run, log, thresholds) = (self.run, self.log, &self.run.thresholds);
        let since = wait.since.max(run.began());
        let whole = Gap {
            from: since,
            until: now,
        };
        let ticks = whole.length();
        log.waits.add(1);
        log.wait.record(thresholds.tsc.ns(ticks));
        let handoff = self.record_handoff(since, now);
        let lost = self.add_lost(wait, &whole, handoff, &gaps);
        if run.reports_contention && run.preemption_log.is_overtaken(since, thresholds.tolerance) {
            log.overtaken.add(1);
            if run
                .preemption_log
                .is_overtaken_twice(since, thresholds.tolerance)
            {
                log.overtaken_twice.add(1);
            }
        }
        if ticks > thresholds.long {
            let gaps = gaps();
            let long = LongWait {
                index: self.index,
                wait: whole,
                gaps: match handoff {
                    // It was not its turn before.
                    Some(_) if run.order.hands_over() => &[],
                    _ => &gaps,
                },
                lost,
                unplaced: match wait.is_observed || run.order.hands_over() {
                    true => 0,
                    false => self.add_steal().unwrap_or(0),
                },
            };
            let parts = run.preemption_log.attribute(&long);
            log.add_long_wait(&self.logged(&whole, &parts));
        }
        since
    }

    /// Records the hand-off that ended a wait and returns its length; `None` if the lock was released
    /// before the wait began.
    fn record_handoff(&self, since: u64, now: u64) -> Option<u64> {
        let released = self.run.preemption_log.last_release();
        let handoff = now.saturating_sub(released);
        let is_waited_for = released >= since;
        is_waited_for.then(|| {
            self.log.handoff.record(self.run.thresholds.tsc.ns(handoff));
            handoff
        })
    }

    /// Adds and returns what the waiter has lost in a wait. If the lock was long on its way to it, from the
    /// last release or from when the wait began, that delays those behind it, too.
    fn add_lost(
        &self,
        wait: &FinishedWait,
        whole: &Gap,
        handoff: Option<u64>,
        gaps: &impl Fn() -> [Gap; GAPS],
    ) -> u64 {
        let (run, seen) = (self.run, wait.lost.min(whole.length()));
        let turn = whole.last(handoff.unwrap_or(u64::MAX));
        if turn.length() <= run.thresholds.gap {
            return self.add_seen(seen);
        }
        if wait.is_observed {
            let mine = gaps().map(|gap| gap.within(&turn).length());
            let mine = mine
                .iter()
                .fold(0, |sum: u64, gap| sum.saturating_add(*gap));
            if mine < turn.length() / 2 {
                // A running waiter takes a lock that is free. So it was not: the holder's vCPU did not
                // run between the last reading of its clock and the release.
                self.log_loss(Some(0), &turn);
                return self.add_seen(seen);
            }
        } else if handoff.is_none() {
            return self.add_seen(seen);
        }
        let lost = self.add_seen(match wait.is_observed {
            true => seen,
            false => seen.max(turn.length()),
        });
        if lost > 0 {
            self.log_loss(None, &turn.last(lost));
        }
        lost
    }

    fn add_seen(&self, ticks: u64) -> u64 {
        match ticks {
            0 => 0,
            gap => self.add_gap(gap),
        }
    }

    /// Returns a wait as it is logged: its parts add up to its length in nanoseconds, too.
    fn logged(&self, wait: &Gap, parts: &Parts) -> LoggedWait {
        let (begin_ns, end_ns) = (self.run.clock_ns(wait.from), self.run.clock_ns(wait.until));
        let mut left = end_ns.saturating_sub(begin_ns);
        let mut take = |ticks: u64| {
            let ns = self.run.thresholds.tsc.ns(ticks).min(left);
            left = left.wrapping_sub(ns);
            ns
        };
        let (holder, predecessor, own) =
            (take(parts.holder), take(parts.predecessor), take(parts.own));
        LoggedWait {
            vcpu: Vcpu::current().number(),
            begin_ns,
            end_ns,
            parts: Parts {
                holder,
                predecessor,
                own,
                queue: left,
            },
        }
    }
}

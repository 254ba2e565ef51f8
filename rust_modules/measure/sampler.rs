// SPDX-License-Identifier: GPL-2.0

//! Latency sampler of one thread: when to read the clock, so that the reading costs little.
//!
//! | time | from | to |
//! |---|---|---|
//! | wait | the thread found the lock taken, and has its position in a queue | the first step of its section |
//! | hold | the first step of the section | the last |
//! | hand-off | the last step of the section before | the first step of a contended section |
//!
//! An uncontended acquisition is a wait of 0. The instructions of the lock between those readings
//! are in none of the times.
//!
//! Reading the time stamp counter can cost 10 % of a short critical section. While the lock is
//! uncontended, the sampler therefore times one section in [`Thresholds::sampling_period`](Thresholds) and
//! weights it with those it skipped. A wait by this thread, or for it, starts a
//! [burst](SAMPLING_BURST) of timed sections. A skipped section whose end finds waiters reads the
//! clock there, so that every hand-off has a beginning. If more time has passed by then since the
//! last reading than the skipped sections can have taken, the rest was lost in this section:
//! before it, no thread waited.

use core::cell::Cell;

use abi::lock_load::ServiceOrder;
use algo::{
    primitive::stamp,
    Gap,
    WaitClock,
    Waiter, //
};

use crate::{
    instrumentation::Instrumentation,
    probe::Probe,
    thread_log::ThreadLog,
    thresholds::Thresholds,
    time_loss::TimeLoss,
    world::World, //
};

/// Sections that are timed one by one after a wait of the thread or for it.
const SAMPLING_BURST: u32 = 256;

/// Latency sampler of one thread.
pub struct Sampler<'a, W: World> {
    run: &'a Instrumentation<W>,
    thresholds: &'a Thresholds,
    log: &'a ThreadLog<W>,
    loss: TimeLoss<'a, W>,
    index: u32,
    /// The last reading outside of a section that is under way.
    last: Cell<u64>,
    /// That reading before the last section that was recorded.
    previous: Cell<u64>,
    /// Sections that the timed one under way stands for.
    weight: Cell<u32>,
    /// Sections left in the sampling burst.
    burst: Cell<u32>,
    /// Length of the last timed section.
    last_hold_ns: Cell<u64>,
    /// A section of more ticks is the longest yet, or longer than it can be.
    notable_hold: Cell<u64>,
    /// Sections before this batch, and those before the thread last took the lock from another.
    sections: Cell<u64>,
    streak_start: Cell<u64>,
}

impl<'a, W: World> Sampler<'a, W> {
    /// Creates the sampler of thread `index`, which is `me`, and enables its wait clock.
    /// `steal` is a steal clock that was not read yet.
    pub fn new(
        run: &'a Instrumentation<W>,
        index: u32,
        me: &Waiter,
        steal: W::Steal,
    ) -> Option<Self> {
        let log = run.log(index)?;
        me.wait_clock.enable(run.thresholds.gap);
        Some(Self {
            run,
            thresholds: &run.thresholds,
            log,
            loss: TimeLoss::new(run, log, index, steal),
            index,
            last: Cell::new(0),
            previous: Cell::new(0),
            weight: Cell::new(1),
            burst: Cell::new(0),
            last_hold_ns: Cell::new(0),
            notable_hold: Cell::new(0),
            sections: Cell::new(0),
            streak_start: Cell::new(0),
        })
    }

    /// Samples a batch of sections, which `body` runs and counts; the thread stays on its vCPU.
    #[inline]
    pub fn batch(&self, me: &Waiter, body: impl FnOnce() -> u64) -> u64 {
        self.last.set(stamp());
        self.loss.add_steal();
        let done = me.wait_clock.counting_in(&self.run.flag, body);
        self.sections.set(self.sections.get().wrapping_add(done));
        done
    }

    /// Has the next section timed.
    pub fn time_next(&self, me: &Waiter) {
        self.weigh_skipped(me);
        self.start_burst(me, 1);
    }

    /// The thread leaves the run.
    pub fn close(&self, me: &Waiter) {
        self.end_streak(0);
        self.loss.add_steal();
        self.weigh_skipped(me);
        let uncontended = self.sections.get().saturating_sub(self.log.waits.get());
        self.log.wait.histogram.record_many(0, uncontended);
    }

    /// The thread saw the stop that it requested, within the section that it entered at `entered`.
    pub fn add_stop(&self, entered: u64, gap: &Gap) {
        self.loss.add_stop_in_section(entered, gap);
    }

    /// The thread saw another gap in that section.
    pub fn add_gap(&self, entered: u64, gap: &Gap) {
        self.loss.add_gap_in_section(entered, gap);
    }

    /// The last step of a section that began at `entered` and may be of any length: what was lost in
    /// it the thread has seen itself.
    pub fn end_watched(&self, entered: u64) {
        let now = stamp();
        let ns = self.thresholds.tsc.ns(now.saturating_sub(entered));
        self.log.hold.record(ns);
        self.end_section(now);
    }

    /// Records skipped sections as long as the last timed one.
    fn weigh_skipped(&self, me: &Waiter) {
        let (ns, skipped) = (self.last_hold_ns.get(), me.wait_clock.take_skipped());
        let holds = &self.log.hold.histogram;
        holds.record_many(ns, skipped.into());
    }

    /// Has the next `sections` timed.
    fn start_burst(&self, me: &Waiter, sections: u32) {
        self.burst.set(sections.max(self.burst.get()));
        me.wait_clock.stop_skipping();
    }

    /// Weights a timed, uncontended section with those skipped before, and lets the next be skipped
    /// unless a burst goes on.
    fn weigh(&self, me: &Waiter) {
        self.weight
            .set(me.wait_clock.take_skipped().wrapping_add(1));
        match self.burst.get() {
            0 => {
                let period = self.thresholds.sampling_period;
                me.wait_clock.skip_samples(period.wrapping_sub(1));
            }
            left => self.burst.set(left.wrapping_sub(1)),
        }
    }

    /// Ends a streak of sections without another thread's, the `done`th of this batch being the last.
    fn end_streak(&self, done: u64) {
        let sections = self.sections.get().wrapping_add(done);
        let start = self.streak_start.replace(sections);
        self.log.longest_streak.raise(sections.wrapping_sub(start));
    }

    /// Makes the thread the last owner of the lock.
    fn take_ownership(&self, done: u64) {
        if self.run.flag.set_owner(self.index) {
            self.end_streak(done);
        }
    }

    fn end_section(&self, now: u64) {
        let (log, before) = (&self.run.preemption_log, self.last.replace(now));
        log.end_section(before, now);
        if self.run.order == ServiceOrder::BypassOnce {
            log.note_repeat(self.previous.replace(before));
        }
    }

    /// The end of a skipped section that found a waiter, or another thread as the last owner.
    #[inline(never)]
    fn end_contended(&self, me: &Waiter, done: u64) {
        self.take_ownership(done);
        if self.run.flag.waiters() == 0 {
            return;
        }
        let now = stamp();
        let (ticks, between) = (now.saturating_sub(self.last.get()), self.thresholds.between);
        if ticks > between.limit {
            let gap = Gap {
                from: self.last.get().saturating_add(between.usual),
                until: now,
            };
            // No thread waited at the end of the section before.
            self.loss.add_gap_in_section(0, &gap);
        }
        self.end_section(now);
        self.start_burst(me, SAMPLING_BURST);
    }

    /// A section that was longer than any before, or than it can be.
    #[inline(never)]
    fn record_notable(&self, ticks: u64, now: u64) {
        let hold = self.thresholds.hold;
        self.log
            .hold
            .longest_ns
            .raise(self.thresholds.tsc.ns(ticks));
        self.notable_hold
            .set(self.notable_hold.get().max(ticks).min(hold.limit));
        if ticks > hold.limit {
            let entered = now.saturating_sub(ticks);
            let gap = Gap {
                from: entered.saturating_add(hold.usual),
                until: now,
            };
            self.loss.add_gap_in_section(entered, &gap);
        }
    }

    /// The thread came to the lock at `arrived`, long after its last reading, or after the run began, and
    /// entered its section at `now`.
    #[inline(never)]
    fn record_absence(&self, arrived: u64, now: u64) {
        let (run, between) = (self.run, self.thresholds.between);
        let last = self.last.get().max(run.began());
        let ticks = arrived.saturating_sub(last);
        if ticks <= between.limit {
            return;
        }
        let gap = Gap {
            from: last.saturating_add(between.usual),
            until: arrived,
        };
        if arrived == now && run.order.hands_over() && run.flag.waiters() > 0 {
            // An uncontended acquisition: those who wait came later, when the thread had the lock already.
            self.loss.add_gap_in_section(0, &gap);
        } else {
            self.loss.add_gap(gap.length());
        }
    }
}

impl<W: World> Probe for Sampler<'_, W> {
    #[inline(always)]
    fn before_acquire(&self, me: &Waiter) {
        me.wait_clock.begin(WaitClock::UNSAMPLED);
    }

    #[inline(always)]
    fn skips(&self, me: &Waiter) -> bool {
        me.wait_clock.skips()
    }

    #[inline(always)]
    fn end_skipped(&self, me: &Waiter, done: u64) {
        if !self.run.flag.is_uncontended(self.index) {
            self.end_contended(me, done);
        }
    }

    #[inline(never)]
    fn begin_timed(&self, me: &Waiter, done: u64) -> u64 {
        let now = stamp().max(1);
        self.take_ownership(done);
        let arrived = match me.wait_clock.end_at(now, me.events.halts.get()) {
            Some(wait) => {
                self.weight.set(1);
                self.start_burst(me, SAMPLING_BURST);
                self.loss.record_wait(&wait, || me.wait_clock.gaps(), now)
            }
            None => {
                self.weigh(me);
                now
            }
        };
        if arrived.saturating_sub(self.last.get()) > self.thresholds.between.limit {
            self.record_absence(arrived, now);
        }
        now
    }

    #[inline(never)]
    fn end_timed(&self, entered: u64) {
        let now = stamp();
        let ticks = now.saturating_sub(entered);
        let ns = self.thresholds.tsc.ns(ticks);
        self.last_hold_ns.set(ns);
        let holds = &self.log.hold.histogram;
        holds.record_many(ns, self.weight.get().into());
        if ticks > self.notable_hold.get() {
            self.record_notable(ticks, now);
        }
        self.end_section(now);
    }
}

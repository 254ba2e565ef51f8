// SPDX-License-Identifier: GPL-2.0

//! One thread's onlooker.
//!
//! | time | from | to |
//! |---|---|---|
//! | wait | the lock was found taken, the place in line being taken | the first step of the section |
//! | hold | the first step of the section | the last |
//! | hand-off | the last step of the section before | the first step of one that was waited for |
//!
//! What the lock does between those looks is in none of them, some instructions if nobody waits.
//! A section that had not to wait is a wait of 0.
//!
//! A look at the clock may cost a tenth of a short section. So where nobody has waited of late, and
//! nobody waits when the section ends, but one section in [`Instruments::one_in`] is timed, which
//! stands for those before it. Whoever is waited for looks at the clock when it leaves, so that
//! every hand-off has its beginning; and if more time passed since its last look than it can have
//! used, it has lost that in this section, for nobody could have waited for it before.

use core::cell::Cell;

use algo::{
    preemption_log::Wait,
    primitive::{
        stamp,
        Vcpu, //
    },
    ContentionFlag,
    FinishedWait,
    Waiter, //
};
use rig::StealClock;

use crate::{
    diary::Diary,
    instruments::Instruments,
    probe::Probe, //
};

/// After a wait, its own or one for it, a thread has so many of its sections timed one by one.
const ALERT: u32 = 256;

/// Looks on at one thread.
pub(crate) struct Observer<'a> {
    run: &'a Instruments,
    diary: &'a Diary,
    index: u32,
    /// The last look at the clock outside of a section that is under way.
    left: Cell<u64>,
    /// For how many sections the one under way stands.
    stands_for: Cell<u32>,
    /// Sections that will be timed whatever else.
    alert: Cell<u32>,
    /// How long the last section took that was timed.
    last_ns: Cell<u64>,
    /// A section of more ticks is worth a closer look: it is the longest yet, or too long.
    notable: Cell<u64>,
    /// Sections before this batch, and when the thread last took over from another.
    sections: Cell<u64>,
    run_from: Cell<u64>,
    steal: StealClock,
}

impl<'a> Observer<'a> {
    pub(crate) fn new(run: &'a Instruments, diary: &'a Diary, index: u32) -> Self {
        Self {
            run,
            diary,
            index,
            left: Cell::new(0),
            stands_for: Cell::new(1),
            alert: Cell::new(0),
            last_ns: Cell::new(0),
            notable: Cell::new(0),
            sections: Cell::new(0),
            run_from: Cell::new(0),
            steal: StealClock::new(),
        }
    }

    /// A batch begins; the thread stays on its vCPU for as long as it lasts.
    pub(crate) fn begin_batch(&self) {
        self.left.set(stamp());
        self.stolen();
    }

    /// Has the next section timed.
    pub(crate) fn time_next(&self, me: &Waiter) {
        self.account(me);
        self.alert(me, 1);
    }

    /// Those that were let pass took as long as the last that was timed.
    fn account(&self, me: &Waiter) {
        let (ns, passed) = (self.last_ns.get(), me.wait_clock.take_skipped());
        let holds = &self.diary.hold.histogram;
        holds.record_many(ns, passed.into());
    }

    /// Has so many sections timed.
    fn alert(&self, me: &Waiter, sections: u32) {
        self.alert.set(sections.max(self.alert.get()));
        me.wait_clock.stop_skipping();
    }

    /// Returns what counts who waits for the lock.
    pub(crate) fn bell(&self) -> &'a ContentionFlag {
        &self.run.bell
    }

    /// A batch of so many sections has ended.
    pub(crate) fn end_batch(&self, sections: u64) {
        self.sections
            .set(self.sections.get().wrapping_add(sections));
    }

    /// The thread has left the run. Sections for which it had not to wait are waits of 0.
    pub(crate) fn close(&self, me: &Waiter) {
        self.run_ends(0);
        self.stolen();
        self.account(me);
        let at_once = self.sections.get().saturating_sub(self.diary.waits.get());
        self.diary.wait.histogram.record_many(0, at_once);
    }

    /// Ends a section during which the thread saw that it did not run in `gap`, if ever.
    pub(crate) fn leave_after(&self, entered: u64, gap: Option<(u64, u64)>) {
        let now = stamp();
        let ns = self.run.ticks.ns(now.saturating_sub(entered));
        self.diary.hold.record(ns);
        if let Some((from, until)) = gap {
            self.lost(until.saturating_sub(from));
            self.run.preemption_log.lose(self.index, true, from, until);
        }
        self.run.preemption_log.leave(self.left.get(), now);
        self.left.set(now);
    }

    /// A run of sections without another's in between has ended with the `done`th of this batch.
    fn run_ends(&self, done: u64) {
        let sections = self.sections.get().wrapping_add(done);
        let from = self.run_from.replace(sections);
        self.diary.longest_run.raise(sections.wrapping_sub(from));
    }

    /// Returns for how many ticks the hypervisor kept the vCPU from running since this was last
    /// asked, and adds them up; `None` if it does not say.
    fn stolen(&self) -> Option<u64> {
        let ns = self.steal.passed_ns(Vcpu::current().number())?;
        self.diary.lost_ns.add(ns);
        Some(self.run.ticks.of_ns(ns))
    }

    /// Returns how much of a gap of so many ticks the vCPU is known not to have run, and adds it up.
    fn lost(&self, ticks: u64) -> u64 {
        let stolen = self.stolen();
        match stolen.map(|stolen| stolen.min(ticks)) {
            Some(stolen) if ticks < self.run.certain => stolen,
            stolen => {
                let unsaid = ticks.saturating_sub(stolen.unwrap_or(0));
                self.diary.lost_ns.add(self.run.ticks.ns(unsaid));
                ticks
            }
        }
    }

    /// The thread had to wait, and entered at `now`. Returns since when.
    #[inline(never)]
    fn waited(&self, waited: &FinishedWait, now: u64) -> u64 {
        let Self { run, diary, .. } = self;
        let since = waited.since.max(run.began());
        let ticks = now.saturating_sub(since);
        diary.waits.add(1);
        diary.wait.record(run.ticks.ns(ticks));
        let released = run.preemption_log.released();
        let handoff = match released >= since {
            true => {
                let handoff = now.saturating_sub(released);
                diary.handoff.record(run.ticks.ns(handoff));
                handoff
            }
            false => 0,
        };
        let late = if handoff > run.gap { handoff } else { 0 };
        let away = waited.lost.min(ticks).max(late);
        let lost = if away > 0 { self.lost(away) } else { 0 };
        if late > 0 && lost > 0 {
            let from = now.saturating_sub(lost.min(late));
            run.preemption_log.lose(self.index, false, from, now);
        }
        if run.tells && run.preemption_log.overtaken(since, run.tolerance) {
            diary.overtaken.add(1);
        }
        if ticks > run.long {
            let wait = Wait {
                index: self.index,
                since,
                until: now,
                lost: if run.fifo { 0 } else { lost },
            };
            diary.blame(run.preemption_log.blame(&wait), run.ticks.ns(ticks));
        }
        since
    }

    /// A section of so many ticks was longer than any before, or than it can be.
    #[inline(never)]
    fn held(&self, ticks: u64, now: u64) {
        let run = self.run;
        self.diary.hold.longest_ns.raise(run.ticks.ns(ticks));
        self.notable
            .set(self.notable.get().max(ticks).min(run.most));
        if ticks > run.most {
            self.lost_here(ticks.saturating_sub(run.hold), now);
        }
    }

    /// So many ticks until `now` are too many for what the thread did, which is in its section.
    fn lost_here(&self, ticks: u64, now: u64) {
        match self.lost(ticks) {
            0 => {}
            lost => {
                let from = now.saturating_sub(lost);
                self.run.preemption_log.lose(self.index, true, from, now);
            }
        }
    }

    /// The end of a section that was not timed, but is waited for, or is the first after another's.
    #[inline(never)]
    fn leave_late(&self, me: &Waiter, done: u64) {
        if self.run.bell.set_owner(self.index) {
            self.run_ends(done);
        }
        if self.run.bell.waiters() == 0 {
            return;
        }
        let (now, left) = (stamp(), self.left.get());
        let ticks = now.saturating_sub(left);
        if ticks > self.run.away {
            self.lost_here(ticks.saturating_sub(self.run.between), now);
        }
        self.run.preemption_log.leave(left, now);
        self.left.set(now);
        self.alert(me, ALERT);
    }

    /// A section without a wait is timed: for how many it stands, and how many may pass after it.
    fn stand_for(&self, me: &Waiter) {
        self.stands_for
            .set(me.wait_clock.take_skipped().wrapping_add(1));
        match self.alert.get() {
            0 => me.wait_clock.skip_samples(self.run.one_in.wrapping_sub(1)),
            alert => self.alert.set(alert.wrapping_sub(1)),
        }
    }

    /// The thread came to the lock at `now`, long after it left it. What was before the run began
    /// is no part of it.
    #[inline(never)]
    fn was_away(&self, now: u64) {
        let ticks = now.saturating_sub(self.left.get().max(self.run.began()));
        if ticks > self.run.away {
            self.lost(ticks.saturating_sub(self.run.between));
        }
    }
}

impl Probe for Observer<'_> {
    #[inline(always)]
    fn arrive(&self, me: &Waiter) {
        me.wait_clock.begin(0);
    }

    #[inline(always)]
    fn passes(&self, me: &Waiter) -> bool {
        me.wait_clock.skips()
    }

    #[inline(always)]
    fn passed(&self, me: &Waiter, done: u64) {
        if !self.run.bell.is_uncontended(self.index) {
            self.leave_late(me, done);
        }
    }

    #[inline(never)]
    fn enter(&self, me: &Waiter, done: u64) -> u64 {
        let now = stamp().max(1);
        if self.run.bell.set_owner(self.index) {
            self.run_ends(done);
        }
        let since = match me.wait_clock.end() {
            Some(waited) => {
                self.stands_for.set(1);
                self.alert(me, ALERT);
                self.waited(&waited, now)
            }
            None => {
                self.stand_for(me);
                now
            }
        };
        if since.saturating_sub(self.left.get()) > self.run.away {
            self.was_away(since);
        }
        now
    }

    #[inline(never)]
    fn leave(&self, entered: u64) {
        let now = stamp();
        let ticks = now.saturating_sub(entered);
        let ns = self.run.ticks.ns(ticks);
        self.last_ns.set(ns);
        let holds = &self.diary.hold.histogram;
        holds.record_many(ns, self.stands_for.get().into());
        if ticks > self.notable.get() {
            self.held(ticks, now);
        }
        self.run.preemption_log.leave(self.left.get(), now);
        self.left.set(now);
    }
}

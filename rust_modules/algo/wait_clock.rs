// SPDX-License-Identifier: GPL-2.0

//! What a waiting thread knows from its own clock: since when it waits, and for how long it did
//! not run meanwhile.
//!
//! A thread that spins reads the clock again and again. Two readings that are far apart prove
//! that it did not run in between, whoever took its vCPU away. A thread that halts is not meant
//! to run, so a halt is left out.

#![expect(
    unsafe_code,
    reason = "the bell, and who is told of waits, are borrowed for a while"
)]

use core::{
    cell::Cell,
    mem,
    ptr::NonNull, //
};

use crate::primitive::{
    stamp,
    Atomic,
    Relaxed, //
};

/// Who had the lock last, and how many wait for it: one word, for whoever leaves it to look at once.
///
/// All is [`Relaxed`]: the owner is changed by who has the lock, and who comes to wait a moment later
/// is seen a moment later.
pub struct ContentionFlag(Atomic<u32>);

/// One owner further; what is below it counts those that wait.
const OWNER: u32 = 1 << 16;

impl ContentionFlag {
    /// Creates one of a lock that nobody has had, nor waits for.
    #[expect(clippy::new_without_default, reason = "as all words here")]
    pub fn new() -> Self {
        Self(Atomic::new(u32::MAX - (OWNER - 1)))
    }

    /// Whether thread `index`, below 65535, had the lock last, and nobody waits.
    #[inline(always)]
    pub fn is_quiet(&self, index: u32) -> bool {
        self.0.load(Relaxed) == index.wrapping_mul(OWNER)
    }

    /// How many wait.
    pub fn waiting(&self) -> u32 {
        self.0.load(Relaxed) & (OWNER - 1)
    }

    /// Thread `index` has the lock; returns whether another had it last.
    #[inline]
    pub fn take(&self, index: u32) -> bool {
        let (now, mine) = (self.0.load(Relaxed), index.wrapping_mul(OWNER));
        let was = now & !(OWNER - 1);
        if was != mine {
            // Others may come to wait meanwhile; nobody else changes the owner.
            self.0.add(mine.wrapping_sub(was), Relaxed);
        }
        was != mine
    }
}

/// A wait that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishedWait {
    /// The [`stamp`] at which it began.
    pub since: u64,
    /// How long the thread was seen not to run, in stamps.
    pub lost: u64,
}

/// Who is told of a wait that is over.
type Told = dyn Fn(&FinishedWait);

/// A thread's clock for its waits. It is off unless somebody [turns it on](WaitClock::look_for).
#[derive(Default)]
pub struct WaitClock {
    /// Stamps that no running thread lets pass between two looks; 0 is off.
    gap: Cell<u64>,
    /// When the wait under way began; 0 is none.
    since: Cell<u64>,
    /// The last look.
    seen: Cell<u64>,
    lost: Cell<u64>,
    /// Halts up to the last look.
    halts: Cell<u64>,
    /// Locks that were taken, of those that tell.
    taken: Cell<u64>,
    /// Sections that may still pass without a look.
    pass: Cell<u32>,
    /// What was left of them when a wait began, or when they were called off.
    kept: Cell<u32>,
    /// How many there were.
    granted: Cell<u32>,
    /// Who is told; valid while [`WaitClock::telling`] runs, and nothing else.
    told: Cell<Option<NonNull<Told>>>,
    /// What counts who waits; valid while [`WaitClock::ringing`] runs, and nothing else.
    bell: Cell<Option<NonNull<ContentionFlag>>>,
}

/// Takes the bell away when its time is over, however it ends.
struct Unhang<'a>(&'a WaitClock);

impl Drop for Unhang<'_> {
    fn drop(&mut self) {
        self.0.bell.set(None);
    }
}

impl WaitClock {
    /// Turns the clock on: two looks that are `gap` stamps apart are a loss; 0 turns it off.
    pub fn look_for(&self, gap: u64) {
        self.gap.set(gap);
    }

    /// Runs `body`, during which `bell` counts the thread for as long as it waits.
    pub fn ringing<R>(&self, bell: &ContentionFlag, body: impl FnOnce() -> R) -> R {
        let unhang = Unhang(self);
        self.bell.set(Some(NonNull::from(bell)));
        let r = body();
        drop(unhang);
        r
    }

    fn bell(&self) -> Option<&ContentionFlag> {
        // SAFETY: It is valid: `ringing` is running, and whoever calls this drops it before long.
        self.bell.get().map(|bell| unsafe { bell.as_ref() })
    }

    /// Begins a wait, unless one is under way.
    #[inline]
    pub fn begin(&self, halts: u64) {
        if self.gap.get() != 0 && self.since.get() == 0 {
            // A stamp of 0 would be no wait at all.
            let now = stamp().max(1);
            self.since.set(now);
            self.seen.set(now);
            self.lost.set(0);
            self.halts.set(halts);
            self.call_off();
            if let Some(bell) = self.bell() {
                bell.0.add(1, Relaxed);
            }
        }
    }

    /// Lets the next `sections` pass without a look, if they have not to wait.
    pub fn let_pass(&self, sections: u32) {
        self.granted.set(sections);
        self.pass.set(sections);
        self.kept.set(0);
    }

    /// Whether the section that begins may pass: a wait has not begun, and some are left.
    #[inline(always)]
    pub fn passes(&self) -> bool {
        let left = self.pass.get();
        let passes = left != 0;
        if passes {
            self.pass.set(left.wrapping_sub(1));
        }
        passes
    }

    /// Lets no more pass.
    pub fn call_off(&self) {
        match self.pass.replace(0) {
            0 => {}
            left => self.kept.set(left),
        }
    }

    /// Lets no more pass; returns how many did, once.
    pub fn passed(&self) -> u32 {
        self.call_off();
        let passed = self.granted.get().wrapping_sub(self.kept.get());
        self.let_pass(0);
        passed
    }

    /// Looks at the clock.
    #[inline]
    pub fn look(&self, halts: u64) {
        let gap = self.gap.get();
        if gap != 0 {
            self.look_at(stamp(), gap, halts);
        }
    }

    fn look_at(&self, now: u64, gap: u64, halts: u64) {
        let passed = now.saturating_sub(self.seen.get());
        if passed > gap && halts == self.halts.get() {
            self.lost.set(self.lost.get().wrapping_add(passed));
        }
        self.seen.set(now);
        self.halts.set(halts);
    }

    /// Runs `during`; `whom` is told of each wait that is over meanwhile, by [`WaitClock::take`].
    pub fn telling<R>(&self, whom: &dyn Fn(&FinishedWait), during: impl FnOnce() -> R) -> R {
        /// Puts back who was told before, also if `during` panics.
        struct Before<'a>(&'a WaitClock, Option<NonNull<Told>>);
        impl Drop for Before<'_> {
            fn drop(&mut self) {
                self.0.told.set(self.1);
            }
        }
        // SAFETY: Only the lifetime changes; `Before` takes the pointer away before it ends.
        let whom = unsafe {
            mem::transmute::<NonNull<dyn Fn(&FinishedWait) + '_>, NonNull<Told>>(NonNull::from(
                whom,
            ))
        };
        let _before = Before(self, self.told.replace(Some(whom)));
        during()
    }

    /// Notes that a lock was taken; if it was waited for, the wait is over.
    #[inline]
    pub fn take(&self) {
        self.taken.set(self.taken.get().wrapping_add(1));
        if self.since.get() != 0 {
            self.tell();
        }
    }

    /// Returns how many locks were taken.
    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    #[cold]
    #[inline(never)]
    fn tell(&self) {
        if let (Some(waited), Some(whom)) = (self.end(), self.told.get()) {
            // SAFETY: It is valid: `telling` is running.
            unsafe { whom.as_ref()(&waited) };
        }
    }

    /// Ends the wait under way and tells of it; `None` if there was none.
    #[inline]
    pub fn end(&self) -> Option<FinishedWait> {
        match self.since.get() {
            0 => None,
            since => Some(self.ended(since)),
        }
    }

    fn ended(&self, since: u64) -> FinishedWait {
        self.since.set(0);
        if let Some(bell) = self.bell() {
            bell.0.fetch_sub(1, Relaxed);
        }
        let lost = self.lost.get();
        FinishedWait { since, lost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_that_is_off_knows_of_no_wait() {
        let watch = WaitClock::default();
        watch.begin(0);
        watch.look(0);
        assert_eq!(watch.end(), None);
    }

    #[test]
    fn looks_far_apart_are_a_loss_unless_there_was_a_halt() {
        let watch = WaitClock::default();
        watch.look_for(100);
        watch.begin(0);
        let from = watch.seen.get();
        for (passed, halts) in [(100, 0), (201, 0), (500, 1), (601, 1)] {
            watch.look_at(from + passed, 100, halts);
        }
        let lost = 101 + 101;
        assert_eq!(watch.end(), Some(FinishedWait { since: from, lost }));
        assert_eq!(watch.end(), None);
    }

    #[test]
    fn who_asks_to_be_told_is_told_of_waits_only() {
        let (watch, told) = (WaitClock::default(), Cell::new(0));
        watch.look_for(1);
        let wait = || {
            watch.begin(0);
            watch.take();
        };
        let count = |_: &FinishedWait| told.set(told.get() + 1);
        watch.telling(&count, || {
            wait();
            watch.take();
            watch.telling(&|_| told.set(told.get() + 10), wait);
            wait();
        });
        wait();
        assert_eq!((told.get(), watch.taken()), (12, 5));
    }

    // A bell is an atomic, which loom knows only within a model.
    #[cfg(not(loom))]
    #[test]
    fn a_wait_begins_once_and_is_counted_while_it_lasts() {
        let (watch, bell) = (WaitClock::default(), ContentionFlag::new());
        watch.look_for(1);
        watch.ringing(&bell, || {
            watch.begin(0);
            let since = watch.since.get();
            watch.begin(0);
            assert_eq!(bell.waiting(), 1);
            assert_eq!(watch.end().map(|waited| waited.since), Some(since));
            assert_eq!((watch.end(), bell.waiting()), (None, 0));
        });
        watch.begin(0);
        assert_eq!(bell.waiting(), 0, "it was taken away");
    }

    #[cfg(not(loom))]
    #[test]
    fn a_bell_is_quiet_for_who_had_the_lock_last_while_nobody_waits() {
        let (watch, bell) = (WaitClock::default(), ContentionFlag::new());
        watch.look_for(1);
        assert!(!bell.is_quiet(0) && bell.take(0), "nobody had it");
        assert!(bell.is_quiet(0) && !bell.take(0) && !bell.is_quiet(1));
        watch.ringing(&bell, || {
            watch.begin(0);
            assert!(!bell.is_quiet(0) && bell.take(2) && bell.waiting() == 1);
            watch.end();
        });
        assert!(bell.is_quiet(2) && bell.take(0) && bell.is_quiet(0));
    }

    #[test]
    fn sections_pass_until_one_waits_and_are_counted_once() {
        let watch = WaitClock::default();
        watch.look_for(1);
        let pass = |n: u32| (0..n).filter(|_| watch.passes()).count();
        assert_eq!((pass(2), watch.passed()), (0, 0));
        watch.let_pass(3);
        assert_eq!((pass(5), watch.passed(), watch.passed()), (3, 3, 0));
        watch.let_pass(3);
        assert_eq!(pass(1), 1);
        watch.begin(0);
        assert_eq!((pass(2), watch.end().is_some()), (0, true));
        watch.begin(0);
        assert_eq!((pass(1), watch.passed()), (0, 1), "two waits, one passed");
        watch.let_pass(3);
        assert_eq!((pass(2), watch.passed(), pass(1)), (2, 2, 0));
    }
}

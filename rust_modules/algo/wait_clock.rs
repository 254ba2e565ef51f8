// SPDX-License-Identifier: GPL-2.0

//! Per-thread wait clock: when a wait for a lock began, and how much of it the vCPU did not run.
//!
//! A waiter reads the time stamp counter in each iteration of its spin loop. Two readings farther
//! apart than a running vCPU needs prove that the vCPU was preempted in between: a
//! [gap](crate::Gap), and its length is lost time. A halt between two readings is voluntary and not
//! counted.
//!
//! The clock is off unless a latency sampler [enables](WaitClock::enable) it. A wait it times
//! stops the sampler's [skipping](crate::sample_skipping) and counts in a [`ContentionFlag`].

#![expect(unsafe_code, reason = "a listener is lent for one call")]

use core::{
    cell::Cell,
    mem, //
};

use crate::{
    gap::{
        Gap,
        LongestGaps,
        GAPS, //
    },
    lent::Lent,
    primitive::stamp,
    sample_skipping::SampleSkipping,
    ContentionFlag, //
};

/// A wait that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishedWait {
    /// The [`stamp`] at which it began.
    pub since: u64,
    /// Stamps for which the thread is known not to have run.
    pub lost: u64,
    /// Whether it read the clock throughout, and so has seen each gap: it has not halted, and the lock
    /// takes readings.
    pub is_observed: bool,
}

/// Bit of the lost stamps: the thread has halted in this wait, or the lock takes no readings.
const UNOBSERVED: u64 = 1 << 63;

/// Called at the end of each wait.
type Listener = dyn Fn(&FinishedWait);

/// The wait clock of one thread.
#[derive(Default)]
pub struct WaitClock {
    /// The most stamps between two readings on a running vCPU; 0 turns the clock off.
    gap: Cell<u64>,
    /// When the wait began; 0 outside of a wait.
    since: Cell<u64>,
    /// The last reading in this wait, and the halts of the thread up to then.
    last: Cell<u64>,
    halts: Cell<u64>,
    /// Stamps lost in this wait, with [`UNOBSERVED`], and the gaps; those of an earlier wait as long as
    /// none is lost.
    lost: Cell<u64>,
    gaps: LongestGaps,
    /// Acquisitions of locks that report them.
    acquisitions: Cell<u64>,
    skipping: SampleSkipping,
    listener: Lent<Listener>,
    flag: Lent<ContentionFlag>,
}

impl WaitClock {
    /// Halts of a thread that waits for a lock that takes no readings: there is no gap between two.
    pub const UNSAMPLED: u64 = u64::MAX;

    /// Turns the clock on; two readings more than `gap` stamps apart are lost time. 0 turns it off.
    pub fn enable(&self, gap: u64) {
        self.gap.set(gap);
    }

    /// Calls `body`, during which `flag` counts the thread while it waits.
    pub fn counting_in<R>(&self, flag: &ContentionFlag, body: impl FnOnce() -> R) -> R {
        self.flag.during(flag, body)
    }

    /// Calls `body`, during which `listener` is called at the end of each wait.
    pub fn listening<R>(&self, listener: &dyn Fn(&FinishedWait), body: impl FnOnce() -> R) -> R {
        // SAFETY: Only the lifetime changes, and `during` keeps the reference for this call alone.
        let listener =
            unsafe { mem::transmute::<&(dyn Fn(&FinishedWait) + '_), &Listener>(listener) };
        self.listener.during(listener, body)
    }

    /// Begins a wait, unless the thread waits already; it has halted `halts` times so far, or the
    /// lock takes no readings ([`UNSAMPLED`](Self::UNSAMPLED)).
    #[inline]
    pub fn begin(&self, halts: u64) {
        if self.gap.get() != 0 && self.since.get() == 0 {
            // 0 stands for no wait.
            let now = stamp().max(1);
            self.since.set(now);
            self.last.set(now);
            self.lost.set(0);
            self.halts.set(halts);
            self.skipping.stop();
            self.flag.with(ContentionFlag::add_waiter);
        }
    }

    /// Reads the time stamp counter in a spin loop, if the clock is on.
    #[inline]
    pub fn sample(&self, halts: u64) {
        let gap = self.gap.get();
        if gap != 0 {
            self.sample_at(stamp(), gap, halts);
        }
    }

    /// Not inlined, so that a spin loop has one call in it.
    #[inline(never)]
    fn sample_at(&self, now: u64, gap: u64, halts: u64) {
        let passed = now.saturating_sub(self.last.get());
        if halts != self.halts.get() {
            self.lost.set(self.lost.get() | UNOBSERVED);
        } else if passed > gap {
            self.add_gap(now);
        }
        self.last.set(now);
        self.halts.set(halts);
    }

    #[cold]
    #[inline(never)]
    fn add_gap(&self, until: u64) {
        let (from, lost) = (self.last.get(), self.lost.get());
        if lost & !UNOBSERVED == 0 {
            self.gaps.clear();
        }
        let gap = Gap { from, until };
        self.gaps.add(gap);
        self.lost.set(lost.wrapping_add(gap.length()));
    }

    /// Ends the wait with the first step of the section, at `now`, which is a reading of its own;
    /// `None` if the thread did not wait.
    #[inline]
    pub fn end_at(&self, now: u64, halts: u64) -> Option<FinishedWait> {
        if self.since.get() != 0 {
            self.sample_at(now, self.gap.get(), halts);
        }
        self.end()
    }

    /// Returns the longest gaps of the wait that ended last; those that there were not have no length.
    pub fn gaps(&self) -> [Gap; GAPS] {
        match self.lost.get() & !UNOBSERVED {
            0 => [Gap::default(); GAPS],
            _ => self.gaps.get(),
        }
    }

    /// Ends the wait; `None` if the thread did not wait.
    #[inline]
    pub fn end(&self) -> Option<FinishedWait> {
        match self.since.get() {
            0 => None,
            since => Some(self.finished(since)),
        }
    }

    fn finished(&self, since: u64) -> FinishedWait {
        self.since.set(0);
        self.flag.with(ContentionFlag::remove_waiter);
        let lost = self.lost.get();
        FinishedWait {
            since,
            lost: lost & !UNOBSERVED,
            is_observed: lost & UNOBSERVED == 0,
        }
    }

    /// Counts an acquisition; if the thread waited for it, the listener gets the wait.
    #[inline]
    pub fn acquired(&self) {
        self.acquisitions
            .set(self.acquisitions.get().wrapping_add(1));
        if self.since.get() != 0 {
            self.notify();
        }
    }

    #[cold]
    #[inline(never)]
    fn notify(&self) {
        if let Some(wait) = self.end() {
            self.listener.with(|listener| listener(&wait));
        }
    }

    /// Returns the number of acquisitions.
    pub fn acquisitions(&self) -> u64 {
        self.acquisitions.get()
    }

    /// Leaves the next `sections` untimed, until the first that waits.
    pub fn skip_samples(&self, sections: u32) {
        self.skipping.allow(sections);
    }

    /// Returns whether the section that begins is left untimed.
    #[inline(always)]
    pub fn skips(&self) -> bool {
        self.skipping.next()
    }

    /// Has the next section timed.
    pub fn stop_skipping(&self) {
        self.skipping.stop();
    }

    /// Has the next section timed; returns how many were not, each once.
    pub fn take_skipped(&self) -> u32 {
        self.skipping.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disabled_clock_times_no_wait() {
        let clock = WaitClock::default();
        clock.begin(0);
        clock.sample(0);
        assert_eq!(clock.end(), None);
    }

    #[test]
    fn distant_readings_are_lost_time_unless_the_thread_halted() {
        let clock = WaitClock::default();
        clock.enable(100);
        clock.begin(0);
        let from = clock.last.get();
        for (passed, halts) in [(100, 0), (201, 0), (500, 1), (601, 1)] {
            clock.sample_at(from + passed, 100, halts);
        }
        let lost = 101 + 101;
        let wait = FinishedWait {
            since: from,
            lost,
            is_observed: false,
        };
        assert_eq!(clock.end(), Some(wait));
        assert_eq!(clock.end(), None);
    }

    #[test]
    fn first_step_of_the_section_is_the_last_reading() {
        let clock = WaitClock::default();
        clock.enable(100);
        let end_at = |begun: u64, passed: u64, halts: u64| {
            clock.begin(begun);
            let since = clock.since.get();
            let wait = clock.end_at(since + passed, halts).unwrap();
            let [gap, ..] = clock.gaps();
            assert_eq!((wait.lost, wait.since), (gap.length(), since));
            (wait.lost, wait.is_observed)
        };
        assert_eq!(end_at(3, 101, 3), (101, true));
        assert_eq!(end_at(3, 500, 4), (0, false), "it halted");
        assert_eq!(end_at(3, 100, 3), (0, true));
        assert_eq!(end_at(WaitClock::UNSAMPLED, 500, 3), (0, false));
        assert_eq!(clock.end_at(1000, 3), None);
    }

    #[test]
    fn gaps_are_those_of_the_last_wait() {
        let clock = WaitClock::default();
        clock.enable(100);
        clock.begin(0);
        let from = clock.last.get();
        clock.sample_at(from + 200, 100, 0);
        clock.sample_at(from + 250, 100, 0);
        clock.end_at(from + 400, 0);
        let lengths = || clock.gaps().map(|gap| gap.length());
        assert_eq!(lengths(), [200, 150, 0, 0]);
        assert!(clock.gaps().iter().any(|gap| gap.from == from + 250));
        clock.begin(0);
        clock.end();
        assert_eq!(lengths(), [0; GAPS], "no gap in the second wait");
        clock.begin(0);
        clock.end_at(clock.last.get() + 300, 0);
        assert_eq!(lengths(), [300, 0, 0, 0]);
    }

    #[test]
    fn innermost_listener_gets_waits_and_no_uncontended_acquisitions() {
        let (clock, heard) = (WaitClock::default(), Cell::new(0));
        clock.enable(1);
        let wait = || {
            clock.begin(0);
            clock.acquired();
        };
        let count = |_: &FinishedWait| heard.set(heard.get() + 1);
        clock.listening(&count, || {
            wait();
            clock.acquired();
            clock.listening(&|_| heard.set(heard.get() + 10), wait);
            wait();
        });
        wait();
        assert_eq!((heard.get(), clock.acquisitions()), (12, 5));
    }

    #[test]
    fn wait_stops_skipping() {
        let clock = WaitClock::default();
        clock.enable(1);
        clock.skip_samples(3);
        assert!(clock.skips());
        clock.begin(0);
        assert!(!clock.skips() && clock.take_skipped() == 1);
    }

    // Loom has atomics only within a model.
    #[cfg(not(loom))]
    #[test]
    fn wait_begins_once_and_is_counted_while_it_lasts() {
        let (clock, flag) = (WaitClock::default(), ContentionFlag::new());
        clock.enable(1);
        clock.counting_in(&flag, || {
            clock.begin(0);
            let since = clock.since.get();
            clock.begin(0);
            assert_eq!(flag.waiters(), 1);
            assert_eq!(clock.end().map(|wait| wait.since), Some(since));
            assert_eq!((clock.end(), flag.waiters()), (None, 0));
        });
        clock.begin(0);
        assert_eq!(flag.waiters(), 0, "the flag is no longer lent");
    }
}

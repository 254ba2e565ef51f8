// SPDX-License-Identifier: GPL-2.0

//! What a waiting thread knows from its own clock: since when it waits, and for how long it did
//! not run meanwhile.
//!
//! A thread that spins reads the clock again and again. Two readings that are far apart prove
//! that it did not run in between, whoever took its vCPU away. A thread that halts is not meant
//! to run, so a halt is left out.

use core::cell::Cell;

use crate::primitive::stamp;

/// A wait that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// The [`stamp`] at which it began.
    pub since: u64,
    /// How long the thread was seen not to run, in stamps.
    pub lost: u64,
}

/// A thread's clock for its waits. It is off unless somebody [turns it on](Watch::look_for).
#[derive(Default)]
pub struct Watch {
    /// Stamps that no running thread lets pass between two looks; 0 is off.
    gap: Cell<u64>,
    /// When the wait under way began; 0 is none.
    since: Cell<u64>,
    /// The last look.
    seen: Cell<u64>,
    lost: Cell<u64>,
    /// Halts up to the last look.
    halts: Cell<u64>,
}

impl Watch {
    /// Turns the clock on: two looks that are `gap` stamps apart are a loss; 0 turns it off.
    pub fn look_for(&self, gap: u64) {
        self.gap.set(gap);
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
        }
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

    /// Ends the wait under way and tells of it; `None` if there was none.
    #[inline]
    pub fn end(&self) -> Option<Waited> {
        match self.since.replace(0) {
            0 => None,
            since => Some(Waited {
                since,
                lost: self.lost.get(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_that_is_off_knows_of_no_wait() {
        let watch = Watch::default();
        watch.begin(0);
        watch.look(0);
        assert_eq!(watch.end(), None);
    }

    #[test]
    fn looks_far_apart_are_a_loss_unless_there_was_a_halt() {
        let watch = Watch::default();
        watch.look_for(100);
        watch.begin(0);
        let from = watch.seen.get();
        for (passed, halts) in [(100, 0), (201, 0), (500, 1), (601, 1)] {
            watch.look_at(from + passed, 100, halts);
        }
        let lost = 101 + 101;
        assert_eq!(watch.end(), Some(Waited { since: from, lost }));
        assert_eq!(watch.end(), None);
    }

    #[test]
    fn a_wait_begins_once() {
        let watch = Watch::default();
        watch.look_for(1);
        watch.begin(0);
        let since = watch.since.get();
        watch.begin(0);
        assert_eq!(watch.end().map(|waited| waited.since), Some(since));
    }
}

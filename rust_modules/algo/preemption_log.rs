// SPDX-License-Identifier: GPL-2.0

//! What those who hold a lock write down for each other, under that lock.
//!
//! The life of a lock is one line of sections and of the hand-offs between them, so whatever
//! makes a wait long is a long section or a long hand-off within it, or that there were many:
//!
//! ```text
//!   waiter    since ├───────────────── wait ──────────────────┤ enters
//!   lock      ──hold──┤hand-off├──hold──┤hand-off├────hold────┤hand-off├──hold──
//!                          └ a predecessor's       a holder's ┘      └ the waiter's own
//! ```
//!
//! A section that took longer than it needs, and a hand-off that took longer than a running
//! vCPU needs, is a [loss](PreemptionLog::lose), noted by whoever finds it at its own end. A wait is
//! [blamed](PreemptionLog::blame) on the kind of loss that took most of it, or on the queue.

use core::ops::Deref;

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// What took the largest part of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Holders that were not running.
    Holder,
    /// Others that were not running when it was their turn.
    Predecessor,
    /// The waiter itself, which was not running when it could have had the lock.
    Waiter,
    /// Nobody: others were ahead, and they were running.
    Queue,
}

/// A wait that is over; times are [stamps](crate::primitive::stamp).
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// The thread that waited.
    pub index: u32,
    /// When it had its place in line, or found the lock taken.
    pub since: u64,
    /// When it had the lock.
    pub until: u64,
    /// How long it is known not to have run meanwhile, where whoever runs may have the lock; 0
    /// where waiters are served in their order, and it matters only whether the first one runs.
    pub lost: u64,
}

/// Time that was lost to everyone behind.
pub struct Loss {
    from: Atomic<u64>,
    until: Atomic<u64>,
    /// Whose fault it was; [`HELD`] is added if it was in a section.
    whose: Atomic<u32>,
}

const HELD: u32 = 1 << 31;

impl Loss {
    /// Creates one of no length.
    #[expect(clippy::new_without_default, reason = "as all words here")]
    pub fn new() -> Self {
        Self {
            from: Atomic::new(0),
            until: Atomic::new(0),
            whose: Atomic::new(0),
        }
    }
}

/// The book of a lock. Only who holds the lock may touch it; `S` is the storage for the losses
/// of late, the oldest of which is overwritten.
///
/// Everything is written [`Relaxed`]: the lock orders it. Under one that does not exclude the
/// numbers are wrong, and that is all.
pub struct PreemptionLog<S> {
    released: Atomic<u64>,
    latest: Atomic<u64>,
    next: Atomic<usize>,
    losses: S,
}

impl<S: Deref<Target = [Loss]>> PreemptionLog<S> {
    /// Creates the book of a lock that nobody has had.
    pub fn new(losses: S) -> Self {
        Self {
            released: Atomic::new(0),
            latest: Atomic::new(0),
            next: Atomic::new(0),
            losses,
        }
    }

    /// Returns when the last section ended.
    #[inline(always)]
    pub fn released(&self) -> u64 {
        self.released.load(Relaxed)
    }

    /// Ends a section at `now`, of a thread that did not want it yet at `before`.
    #[inline(always)]
    pub fn leave(&self, before: u64, now: u64) {
        if before > self.latest.load(Relaxed) {
            self.latest.store(before, Relaxed);
        }
        self.released.store(now, Relaxed);
    }

    /// Returns whether someone who came later than `since`, by more than `tolerance`, had the
    /// lock before the caller, which has waited since then and has just entered.
    ///
    /// That someone did not want the lock yet at `before`, and had it before the caller: if
    /// `before` is after `since`, the order was broken for certain. If it is not, it may have
    /// been kept, so what is counted is never too much.
    #[inline]
    pub fn overtaken(&self, since: u64, tolerance: u64) -> bool {
        self.latest.load(Relaxed) > since.saturating_add(tolerance)
    }

    /// Notes that thread `index` did not run from `from` until `until`, within its section if
    /// `held`, else when it was its turn to enter one.
    pub fn lose(&self, index: u32, held: bool, from: u64, until: u64) {
        let at = self.next.load(Relaxed);
        let Some(loss) = self.losses.get(at) else {
            return;
        };
        loss.from.store(from, Relaxed);
        loss.until.store(until, Relaxed);
        loss.whose
            .store(index | if held { HELD } else { 0 }, Relaxed);
        let next = at.wrapping_add(1);
        self.next
            .store(if next < self.losses.len() { next } else { 0 }, Relaxed);
    }

    /// Says what took the largest part of `wait`, which has just ended.
    pub fn blame(&self, wait: &Wait) -> Blame {
        let (mut holder, mut predecessor, mut own) = (0u64, 0u64, 0u64);
        for loss in self.losses.iter() {
            let from = loss.from.load(Relaxed).max(wait.since);
            let part = loss
                .until
                .load(Relaxed)
                .min(wait.until)
                .saturating_sub(from);
            let whose = loss.whose.load(Relaxed);
            let sum = match whose & HELD != 0 {
                true => &mut holder,
                false if whose == wait.index => &mut own,
                false => &mut predecessor,
            };
            *sum = sum.saturating_add(part);
        }
        let own = own.max(wait.lost);
        let whole = wait.until.saturating_sub(wait.since);
        let lost = holder.saturating_add(predecessor).saturating_add(own);
        let queue = whole.saturating_sub(lost);
        match holder.max(predecessor).max(own) {
            most if most == 0 || most < queue => Blame::Queue,
            most if most == holder => Blame::Holder,
            most if most == predecessor => Blame::Predecessor,
            _ => Blame::Waiter,
        }
    }
}

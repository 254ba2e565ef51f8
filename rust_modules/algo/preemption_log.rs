// SPDX-License-Identifier: GPL-2.0

//! Preemption log of a lock: its holders record lost time, and its waiters find what they waited for.
//!
//! The life of a lock is a sequence of sections and of the hand-offs between them. So a wait is
//! long because a section or a hand-off in it was long, or because there were many:
//!
//! ```text
//!   waiter    since ├───────────────── wait ──────────────────┤ enters
//!   lock      ──hold──┤hand-off├──hold──┤hand-off├────hold────┤hand-off├──hold──
//!                          └ a predecessor's       a holder's ┘      └ the waiter's own
//! ```
//!
//! A section or a hand-off that took longer than a running vCPU needs is a
//! [loss](PreemptionLog::record_loss), recorded by its own thread at its end. A wait is
//! [attributed](PreemptionLog::attribute) to the kind of loss that took most of it, or to the queue.

use core::ops::Deref;

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// What took the largest part of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Holders whose vCPUs did not run.
    Holder,
    /// Earlier waiters whose vCPUs did not run when it was their turn.
    Predecessor,
    /// The waiter's own vCPU, which did not run when the lock was free for it.
    Waiter,
    /// Earlier waiters and holders, all of them running.
    Queue,
}

/// A wait to be attributed; times are [stamps](crate::primitive::stamp).
#[derive(Clone, Copy, Debug)]
pub struct LongWait {
    /// The thread that waited.
    pub index: u32,
    /// When it had its position in the queue, or found the lock taken.
    pub since: u64,
    /// When it entered its section.
    pub until: u64,
    /// How long its own vCPU is known not to have run meanwhile, where any running waiter may take
    /// the lock; 0 where waiters are served in order, and only the first has to run.
    pub lost: u64,
}

/// Time for which the lock made no progress, since a vCPU did not run.
pub struct Loss {
    from: Atomic<u64>,
    until: Atomic<u64>,
    /// The thread of that vCPU; [`HELD`] is added if it was in a section.
    thread: Atomic<u32>,
}

const HELD: u32 = 1 << 31;

impl Loss {
    /// Creates a loss of no length.
    #[expect(clippy::new_without_default, reason = "as all words here")]
    pub fn new() -> Self {
        Self {
            from: Atomic::new(0),
            until: Atomic::new(0),
            thread: Atomic::new(0),
        }
    }

    /// Returns how much of the loss lies within `wait`.
    fn overlap(&self, wait: &LongWait) -> u64 {
        let from = self.from.load(Relaxed).max(wait.since);
        let until = self.until.load(Relaxed).min(wait.until);
        until.saturating_sub(from)
    }
}

/// The log of one lock, for its holder alone; `S` stores the latest losses, the oldest of which is
/// overwritten.
///
/// All accesses are [`Relaxed`]: the lock orders them. Under a lock that does not exclude, the
/// figures are wrong, and nothing else.
pub struct PreemptionLog<S> {
    last_release: Atomic<u64>,
    /// The latest time at which a thread that has held the lock since did not want it yet.
    latest_arrival: Atomic<u64>,
    next: Atomic<usize>,
    losses: S,
}

impl<S: Deref<Target = [Loss]>> PreemptionLog<S> {
    /// Creates the log of a lock that no thread has held.
    pub fn new(losses: S) -> Self {
        Self {
            last_release: Atomic::new(0),
            latest_arrival: Atomic::new(0),
            next: Atomic::new(0),
            losses,
        }
    }

    /// Returns when the last section ended.
    #[inline(always)]
    pub fn last_release(&self) -> u64 {
        self.last_release.load(Relaxed)
    }

    /// Ends a section at `now`, of a thread that did not want the lock yet at `before`.
    #[inline(always)]
    pub fn end_section(&self, before: u64, now: u64) {
        if before > self.latest_arrival.load(Relaxed) {
            self.latest_arrival.store(before, Relaxed);
        }
        self.last_release.store(now, Relaxed);
    }

    /// Returns whether a thread that came later than `since`, by more than `tolerance`, held the
    /// lock before the caller, which has waited since then and has just entered.
    ///
    /// A thread that did not want the lock yet at `before`, and held it before the caller, came
    /// later for certain if `before` is after `since`. Otherwise it may have come earlier: the
    /// count of overtaken waits is a lower bound.
    #[inline]
    pub fn is_overtaken(&self, since: u64, tolerance: u64) -> bool {
        self.latest_arrival.load(Relaxed) > since.saturating_add(tolerance)
    }

    /// Records that the vCPU of thread `index` did not run from `from` until `until`: within its
    /// section if `held`, else when it was its turn to enter one.
    pub fn record_loss(&self, index: u32, held: bool, from: u64, until: u64) {
        let at = self.next.load(Relaxed);
        let Some(loss) = self.losses.get(at) else {
            return;
        };
        loss.from.store(from, Relaxed);
        loss.until.store(until, Relaxed);
        loss.thread
            .store(index | if held { HELD } else { 0 }, Relaxed);
        let next = at.wrapping_add(1);
        self.next
            .store(if next < self.losses.len() { next } else { 0 }, Relaxed);
    }

    /// Returns what took the largest part of `wait`, which has just ended.
    pub fn attribute(&self, wait: &LongWait) -> Cause {
        let (mut holder, mut predecessor, mut own) = (0u64, 0u64, 0u64);
        for loss in self.losses.iter() {
            let thread = loss.thread.load(Relaxed);
            let sum = match thread & HELD != 0 {
                true => &mut holder,
                false if thread == wait.index => &mut own,
                false => &mut predecessor,
            };
            *sum = sum.saturating_add(loss.overlap(wait));
        }
        let own = own.max(wait.lost);
        let whole = wait.until.saturating_sub(wait.since);
        let lost = holder.saturating_add(predecessor).saturating_add(own);
        let queue = whole.saturating_sub(lost);
        match holder.max(predecessor).max(own) {
            most if most == 0 || most < queue => Cause::Queue,
            most if most == holder => Cause::Holder,
            most if most == predecessor => Cause::Predecessor,
            _ => Cause::Waiter,
        }
    }
}

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
//! [loss](PreemptionLog::record_loss), recorded by its own thread at its end. The rest is the queue:
//! others were ahead, and running.
//!
//! A waiter that may take the lock as soon as it is free loses time to each [gap](Gap) of its own,
//! too. Where the gap overlaps the loss of another, the lock's history decides. If that holder had the
//! lock when the gap began, a running waiter would have waited, too: the loss is the holder's. If it
//! entered its section in the gap, the lock had been free, and the waiter missed it: the gap is the
//! waiter's.
//!
//! ```text
//!   wait           ├──────────────────────────────────────────────────┤
//!   sections       ─── held ──────────┤├──┤├──┤├── held ─────┤├──┤├──┤
//!   holder's loss      ├─────────────┤           ├───────────┤
//!   own gaps              ├───────────────┤   ├───────────────────┤
//!   parts          queue│   holder    │own│que│        own        │queue
//! ```

use core::ops::Deref;

use crate::{
    primitive::{
        Atomic,
        Relaxed, //
    },
    Gap, //
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
pub struct LongWait<'a> {
    /// The thread that waited.
    pub index: u32,
    /// From when it had its position in the queue, or found the lock taken, until it entered its
    /// section.
    pub wait: Gap,
    /// When its own vCPU did not run meanwhile, where any running waiter may take the lock; nothing
    /// where waiters are served in order, and only the first has to run. No two overlap.
    pub gaps: &'a [Gap],
    /// The most that its own vCPU has lost in the gaps and in the hand-off.
    pub lost: u64,
    /// What its own vCPU has lost beside these, at times that are not known: once a halt had ended.
    pub unplaced: u64,
}

/// The parts of a wait, which add up to its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Lost by [holders](Cause::Holder).
    pub holder: u64,
    /// Lost by [predecessors](Cause::Predecessor).
    pub predecessor: u64,
    /// Lost by the [waiter](Cause::Waiter).
    pub own: u64,
    /// The [rest](Cause::Queue).
    pub queue: u64,
}

impl Parts {
    /// Returns whose part is the largest.
    pub fn cause(&self) -> Cause {
        let &Self {
            holder,
            predecessor,
            own,
            queue,
        } = self;
        match holder.max(predecessor).max(own) {
            most if most == 0 || most < queue => Cause::Queue,
            most if most == holder => Cause::Holder,
            most if most == predecessor => Cause::Predecessor,
            _ => Cause::Waiter,
        }
    }
}

/// Time for which the lock made no progress, since a vCPU did not run.
pub struct Loss {
    from: Atomic<u64>,
    until: Atomic<u64>,
    /// When its thread entered the section; 0 if it was in none, or entered before any waiter came.
    entered: Atomic<u64>,
    /// The thread of that vCPU; [`HELD`] is added if it was in a section.
    thread: Atomic<u32>,
}

/// Whose loss it is, as a waiter sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Holder,
    Predecessor,
    Itself,
}

const HELD: u32 = 1 << 31;

impl Loss {
    /// Creates a loss of no length.
    #[expect(clippy::new_without_default, reason = "as all words here")]
    pub fn new() -> Self {
        Self {
            from: Atomic::new(0),
            until: Atomic::new(0),
            entered: Atomic::new(0),
            thread: Atomic::new(0),
        }
    }

    /// Returns the loss as a wait sees it.
    fn seen_by(&self, long: &LongWait<'_>) -> Seen {
        let gap = Gap {
            from: self.from.load(Relaxed),
            until: self.until.load(Relaxed),
        };
        Seen {
            of: match self.thread.load(Relaxed) {
                thread if thread & HELD != 0 => Of::Holder,
                thread if thread == long.index => Of::Itself,
                _ => Of::Predecessor,
            },
            gap: gap.within(&long.wait),
            entered: self.entered.load(Relaxed),
        }
    }
}

/// The part of a loss that lies within a wait.
struct Seen {
    of: Of,
    gap: Gap,
    entered: u64,
}

impl Seen {
    /// Returns for how long the waiter waited for the loss in its own gap `own`: not if the lock was
    /// free in that gap before.
    fn waited_in(&self, own: &Gap) -> u64 {
        match own.from < self.entered {
            true => 0,
            false => self.gap.within(own).length(),
        }
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
    /// The latest time at which a thread that has held the lock twice since wanted neither yet.
    latest_repeat: Atomic<u64>,
    next: Atomic<usize>,
    losses: S,
}

impl<S: Deref<Target = [Loss]>> PreemptionLog<S> {
    /// Creates the log of a lock that no thread has held.
    pub fn new(losses: S) -> Self {
        Self {
            last_release: Atomic::new(0),
            latest_arrival: Atomic::new(0),
            latest_repeat: Atomic::new(0),
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

    /// Notes, at its end, a section of a thread that has held the lock before, and wanted neither of the
    /// two sections yet at `before`.
    #[inline(always)]
    pub fn note_repeat(&self, before: u64) {
        if before > self.latest_repeat.load(Relaxed) {
            self.latest_repeat.store(before, Relaxed);
        }
    }

    /// Returns whether one thread came later than `since` twice, by more than `tolerance`, and held the lock
    /// both times before the caller; of waits, see [`is_overtaken`](Self::is_overtaken).
    #[inline]
    pub fn is_overtaken_twice(&self, since: u64, tolerance: u64) -> bool {
        self.latest_repeat.load(Relaxed) > since.saturating_add(tolerance)
    }

    /// Records that the vCPU of thread `index` did not run in `gap`: within the section that it entered
    /// at `held`, 0 if no thread waited then; or else when it was its turn to enter one.
    pub fn record_loss(&self, index: u32, held: Option<u64>, gap: &Gap) {
        let at = self.next.load(Relaxed);
        let Some(loss) = self.losses.get(at) else {
            return;
        };
        loss.from.store(gap.from, Relaxed);
        loss.until.store(gap.until, Relaxed);
        loss.entered.store(held.unwrap_or(0), Relaxed);
        let flag = held.map_or(0, |_| HELD);
        loss.thread.store(index | flag, Relaxed);
        let next = at.wrapping_add(1);
        self.next
            .store(if next < self.losses.len() { next } else { 0 }, Relaxed);
    }

    /// Returns what took how much of a wait, which has just ended.
    pub fn attribute(&self, long: &LongWait<'_>) -> Parts {
        let mut left = long.wait.length();
        let mut take = |ticks: u64| {
            let part = ticks.min(left);
            left = left.wrapping_sub(part);
            part
        };
        Parts {
            holder: take(self.lost_by(Of::Holder, long)),
            predecessor: take(self.lost_by(Of::Predecessor, long)),
            own: take(self.own(long).min(long.lost).saturating_add(long.unplaced)),
            queue: left,
        }
    }

    /// The losses within a wait, the last first. They ended in their order, so those before the first
    /// that ended before the wait are not looked at: the lock is held meanwhile.
    fn seen<'a>(&'a self, long: &'a LongWait<'_>) -> impl Iterator<Item = Seen> + 'a {
        let next = self.next.load(Relaxed);
        let later = self.losses.get(..next).unwrap_or_default();
        let earlier = self.losses.get(next..).unwrap_or_default();
        let newest_first = later.iter().rev().chain(earlier.iter().rev());
        let since = long.wait.from;
        let recent = newest_first.take_while(move |loss| loss.until.load(Relaxed) > since);
        let seen = recent.map(|loss| loss.seen_by(long));
        seen.filter(|loss| loss.gap.length() > 0)
    }

    /// The time that was lost by others, but for what the waiter lost by itself.
    fn lost_by(&self, of: Of, long: &LongWait<'_>) -> u64 {
        let mine = self.seen(long).filter(|loss| loss.of == of);
        mine.fold(0, |sum, loss| {
            let missed = long.gaps.iter().fold(0u64, |sum, gap| {
                let own = loss.gap.within(gap).length();
                sum.saturating_add(own.saturating_sub(loss.waited_in(gap)))
            });
            sum.saturating_add(loss.gap.length().saturating_sub(missed))
        })
    }

    /// The time that was lost by the waiter alone: by its hand-offs, and by its gaps before them.
    fn own(&self, long: &LongWait<'_>) -> u64 {
        let (mut sum, mut turn) = (0u64, long.wait.until);
        for loss in self.seen(long).filter(|loss| loss.of == Of::Itself) {
            sum = sum.saturating_add(self.alone(&loss.gap, long));
            turn = turn.min(loss.gap.from);
        }
        let before = Gap {
            until: turn,
            ..long.wait
        };
        let gaps = long.gaps.iter().map(|gap| gap.within(&before));
        let gaps = gaps.filter(|gap| gap.length() > 0);
        gaps.fold(sum, |sum, gap| sum.saturating_add(self.alone(&gap, long)))
    }

    /// How much of the waiter's own `gap` is no wait for the loss of another.
    fn alone(&self, gap: &Gap, long: &LongWait<'_>) -> u64 {
        let others = self.seen(long).filter(|loss| loss.of != Of::Itself);
        others.fold(gap.length(), |left, loss| {
            left.saturating_sub(loss.waited_in(gap))
        })
    }
}

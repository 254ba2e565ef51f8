// SPDX-License-Identifier: GPL-2.0

//! The thread that acquires a lock, as the lock sees it: its events, its tuning, its wait clock and its
//! word of `hemlock`.

use crate::{
    lock::Grant,
    lock::HeldLocks,
    primitive::{
        cpu_relax,
        spin_for,
        spin_until, //
    },
    Events,
    WaitClock, //
};

/// Parameters of locks and waits. Plain numbers; a lock that needs none ignores them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Spin threshold: iterations before a waiter halts; 0 halts at once.
    pub threshold: u32,
    /// The longest pause between two attempts, in iterations of `cpu_relax`; 0 and 1 are none.
    pub backoff: u32,
    /// Acquisitions in a row that may overtake waiters; 0 forbids overtaking.
    pub overtakes: u32,
    /// [Stamps](crate::primitive::stamp) after which an acquisition that may fail does.
    pub timeout: u64,
}

impl Tuning {
    /// The default of all parameters.
    pub const DEFAULT: Self = Self {
        threshold: 512,
        backoff: 64,
        overtakes: 1024,
        timeout: u64::MAX,
    };
}

impl Default for Tuning {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// State of one thread for all locks that it acquires; not `Sync`.
#[derive(Default)]
pub struct Waiter {
    /// Counts of slow-path events.
    pub events: Events,
    /// Parameters.
    pub tuning: Tuning,
    /// Clock of its waits, off unless a sampler enables it.
    pub wait_clock: WaitClock,
    /// Word by which it hands over the locks of [`Hemlock`](crate::lock::Hemlock) that it holds.
    pub(crate) grant: Grant,
    /// Locks that it holds, of those that detect deadlocks.
    pub(crate) held: HeldLocks,
}

impl Waiter {
    /// Creates the state of a thread without events, with its wait clock off.
    #[inline]
    pub fn new(tuning: Tuning) -> Self {
        Self {
            tuning,
            ..Self::default()
        }
    }

    /// Begins a wait: the lock was not free at first sight. A lock that queues calls this once the
    /// thread is in the queue.
    #[inline]
    pub fn begin_wait(&self) {
        self.events.lock_slowpath.bump();
        self.wait_clock.begin(self.events.halts.get());
    }

    /// One iteration of a spin loop: `cpu_relax`, and a reading of the wait clock if that is on.
    #[inline]
    pub fn relax_and_sample(&self) {
        cpu_relax();
        self.sample();
    }

    /// Spins until `look`, which only loads, returns true.
    #[inline(always)]
    pub fn spin_until(&self, look: impl Fn() -> bool) {
        spin_until(look, || self.sample());
    }

    /// Spins until `look`, which only loads, returns true, for `looks` looks at most. Returns how many
    /// were left when one did; `None` if none did.
    #[inline(always)]
    pub fn spin_for(&self, looks: u32, look: impl Fn() -> bool) -> Option<u32> {
        spin_for(looks, look, || self.sample())
    }

    #[inline]
    fn sample(&self) {
        self.wait_clock.sample(self.events.halts.get());
    }
}

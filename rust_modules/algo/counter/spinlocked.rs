// SPDX-License-Identifier: GPL-2.0

//! A number and a spinlock: exact, and slow once a holder is preempted.
//!
//! After `count_limd.c`'s lock around the global in perfbook's `CodeSamples/count`, and what
//! `lib/percpu_counter.c` does on its slow path.

#![expect(unsafe_code, reason = "the lock protects a plain number")]

use crate::prelude::*;

/// Exact. Not for interrupts or NMIs: one that came while the lock was held would deadlock.
pub struct Spinlocked {
    locked: Atomic<u32>,
    count: Cell<i64>,
    /// What `count` was last, for readers without the lock.
    shown: Atomic<i64>,
}

// SAFETY: `count` is reached under the lock alone.
unsafe impl Sync for Spinlocked {}
// SAFETY: As above.
unsafe impl Send for Spinlocked {}

impl Spinlocked {
    /// Creates a counter at zero.
    pub fn new() -> Self {
        Self {
            locked: Atomic::new(0),
            count: Cell::new(0),
            shown: Atomic::new(0),
        }
    }
}

impl Counter for Spinlocked {
    #[inline(always)]
    fn add(&self, n: i64) {
        // Pairs with the release below: the number that the last holder left is seen.
        while self.locked.cmpxchg(0, 1, Acquire).is_err() {
            cpu_relax();
        }
        let count = self.count.with_mut(|count| {
            // SAFETY: The lock is held.
            unsafe {
                *count = (*count).wrapping_add(n);
                *count
            }
        });
        self.shown.store(count, Relaxed);
        // Pairs with the acquire above.
        self.locked.store(0, Release);
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.shown.load(Relaxed)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Contention flag of a lock: the thread that held it last, and the number of threads that wait.
//!
//! Both share one word, so a thread that releases an uncontended lock learns with one load that
//! nothing has to be timed. All accesses are [`Relaxed`]: only the holder changes the owner, and a
//! waiter that arrives at that moment is seen one section later.

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// Bits of the word that count waiters; the bits above hold the owner.
const WAITER_BITS: u32 = 16;
const WAITERS: u32 = (1 << WAITER_BITS) - 1;
/// Owner of a lock that no thread has held yet, one more than the largest thread number.
const NO_OWNER: u32 = u32::MAX >> WAITER_BITS;

/// Last owner and waiter count of a lock; thread numbers are below 65535.
pub struct ContentionFlag(Atomic<u32>);

impl ContentionFlag {
    /// Creates the flag of a lock that no thread has held or waits for.
    #[expect(clippy::new_without_default, reason = "as all words here")]
    pub fn new() -> Self {
        Self(Atomic::new(NO_OWNER << WAITER_BITS))
    }

    /// Returns whether thread `index` held the lock last and no thread waits.
    #[inline(always)]
    pub fn is_uncontended(&self, index: u32) -> bool {
        self.0.load(Relaxed) == index.wrapping_shl(WAITER_BITS)
    }

    /// Returns the number of waiters.
    pub fn waiters(&self) -> u32 {
        self.0.load(Relaxed) & WAITERS
    }

    /// Makes thread `index`, which holds the lock, its owner; returns whether another was.
    #[inline]
    pub fn set_owner(&self, index: u32) -> bool {
        let mine = index.wrapping_shl(WAITER_BITS);
        let before = self.0.load(Relaxed) & !WAITERS;
        if before != mine {
            // A difference, since waiters may arrive meanwhile; only the holder changes the owner.
            self.0.add(mine.wrapping_sub(before), Relaxed);
        }
        before != mine
    }

    /// Counts a waiter.
    #[inline]
    pub(crate) fn add_waiter(&self) {
        self.0.add(1, Relaxed);
    }

    /// Stops counting a waiter.
    #[inline]
    pub(crate) fn remove_waiter(&self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

// Loom has atomics only within a model.
#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn flag_is_uncontended_for_the_last_owner_while_no_thread_waits() {
        let flag = ContentionFlag::new();
        assert!(!flag.is_uncontended(0) && flag.set_owner(0), "no owner yet");
        assert!(flag.is_uncontended(0) && !flag.set_owner(0) && !flag.is_uncontended(1));
        flag.add_waiter();
        assert!(!flag.is_uncontended(0) && flag.set_owner(2) && flag.waiters() == 1);
        flag.remove_waiter();
        assert!(flag.is_uncontended(2) && flag.set_owner(0) && flag.is_uncontended(0));
    }
}

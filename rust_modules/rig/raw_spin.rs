// SPDX-License-Identifier: GPL-2.0

//! The kernel's own `raw_spinlock_t`, called the way C calls it.
//!
//! `kernel::sync::SpinLock` goes through two more calls, which would be measured.

use kernel::{
    bindings,
    types::Opaque, //
};

use crate::helpers;

/// A `raw_spinlock_t`.
pub struct RawSpin(Opaque<bindings::raw_spinlock_t>);

// SAFETY: A lock is there to be reached from several CPUs.
unsafe impl Send for RawSpin {}
// SAFETY: As above.
unsafe impl Sync for RawSpin {}

impl RawSpin {
    /// Creates the lock, free.
    #[expect(clippy::new_without_default, reason = "as all locks here")]
    pub fn new() -> Self {
        let lock = Opaque::<bindings::raw_spinlock_t>::uninit();
        // SAFETY: There is room for one. An initialised lock holds no address of its own, so it
        // may be moved while it is free.
        unsafe { helpers::slowpath_raw_spin_init(lock.get().cast()) };
        Self(lock)
    }

    /// Runs `body` while holding the lock, with preemption off.
    #[inline(always)]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        // SAFETY: The lock is initialised.
        unsafe { bindings::_raw_spin_lock(self.0.get()) };
        let r = body();
        // SAFETY: It was taken above, by this task.
        unsafe { bindings::_raw_spin_unlock(self.0.get()) };
        r
    }

    /// Runs `body` while holding the lock if it is free.
    #[inline(always)]
    pub fn try_with<R>(&self, body: impl FnOnce() -> R) -> Option<R> {
        // SAFETY: The lock is initialised.
        if unsafe { bindings::_raw_spin_trylock(self.0.get()) } == 0 {
            return None;
        }
        let r = body();
        // SAFETY: It was taken above, by this task.
        unsafe { bindings::_raw_spin_unlock(self.0.get()) };
        Some(r)
    }

    /// Returns the lock's word: bit 0 is the holder; any bit above bit 7 is a queued waiter.
    pub(crate) fn bits(&self) -> u32 {
        // SAFETY: The `raw_lock` of a spinlock is a `struct qspinlock`, one word.
        unsafe {
            (&raw const (*self.0.get()).raw_lock)
                .cast::<u32>()
                .read_volatile()
        }
    }
}

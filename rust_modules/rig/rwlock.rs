// SPDX-License-Identifier: GPL-2.0

//! The kernel's own `rwlock_t`, its exclusive side, called the way C calls it.

use kernel::{
    bindings,
    types::Opaque, //
};

use crate::helpers;

/// An `rwlock_t`, for writing.
pub struct RwLock(Opaque<bindings::rwlock_t>);

// SAFETY: A lock is there to be reached from several CPUs.
unsafe impl Send for RwLock {}
// SAFETY: As above.
unsafe impl Sync for RwLock {}

impl RwLock {
    /// Creates the lock, free.
    #[expect(clippy::new_without_default, reason = "as all locks here")]
    pub fn new() -> Self {
        let lock = Opaque::<bindings::rwlock_t>::uninit();
        // SAFETY: There is room for one. An initialised lock holds no address of its own, so it
        // may be moved while it is free.
        unsafe { helpers::slowpath_rwlock_init(lock.get().cast()) };
        Self(lock)
    }

    /// Runs `body` while holding the lock for writing, with preemption off.
    #[inline(always)]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        // SAFETY: The lock is initialised.
        unsafe { bindings::_raw_write_lock(self.0.get()) };
        let r = body();
        // SAFETY: It was taken above, by this task.
        unsafe { bindings::_raw_write_unlock(self.0.get()) };
        r
    }

    /// Runs `body` while holding the lock for writing if it is free.
    #[inline(always)]
    pub fn try_with<R>(&self, body: impl FnOnce() -> R) -> Option<R> {
        // SAFETY: The lock is initialised.
        if unsafe { bindings::_raw_write_trylock(self.0.get()) } == 0 {
            return None;
        }
        let r = body();
        // SAFETY: It was taken above, by this task.
        unsafe { bindings::_raw_write_unlock(self.0.get()) };
        Some(r)
    }
}

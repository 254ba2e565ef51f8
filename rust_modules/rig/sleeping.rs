// SPDX-License-Identifier: GPL-2.0

//! The kernel's own locks whose waiters sleep, called the way C calls them.
//!
//! Preemption must be on: a waiter gives its CPU to another task.

use kernel::bindings;

use crate::helpers;

/// Declares a door to the locks of a kind.
macro_rules! sleeping {
    ($($(#[$doc:meta])* $name:ident, $the:ident: $ty:ident, $take:ident $(or $try:ident)?, $free:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// There are 16 in a module, given out in turn.
        pub struct $name(*mut bindings::$ty);

        // SAFETY: A lock is there to be reached from several CPUs.
        unsafe impl Send for $name {}
        // SAFETY: As above.
        unsafe impl Sync for $name {}

        impl $name {
            /// Returns the lock.
            #[expect(clippy::new_without_default, reason = "as all locks here")]
            pub fn new() -> Self {
                // SAFETY: May be called anywhere. A load has far fewer at a time than there are.
                Self(unsafe { helpers::$the() }.cast())
            }

            /// Runs `body` while holding the lock; may sleep before.
            #[inline(always)]
            pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
                // SAFETY: The lock is initialised, and there for as long as the module.
                unsafe { bindings::$take(self.0) };
                let r = body();
                // SAFETY: It was taken above, by this task.
                unsafe { bindings::$free(self.0) };
                r
            }

            $(
            /// Runs `body` while holding the lock if it is free.
            #[inline(always)]
            pub fn try_with<R>(&self, body: impl FnOnce() -> R) -> Option<R> {
                // SAFETY: The lock is initialised, and there for as long as the module.
                if unsafe { bindings::$try(self.0) } == 0 {
                    return None;
                }
                let r = body();
                // SAFETY: It was taken above, by this task.
                unsafe { bindings::$free(self.0) };
                Some(r)
            }
            )?
        }
    )*};
}

sleeping! {
    /// A `struct mutex`: a waiter spins while the holder runs, and else sleeps.
    Mutex, slowpath_mutex: mutex, mutex_lock or mutex_trylock, mutex_unlock;
    /// A `struct rw_semaphore`, for writing.
    Rwsem, slowpath_rwsem: rw_semaphore, down_write or down_write_trylock, up_write;
    /// A `struct percpu_rw_semaphore`, for writing. It has no trylock for that.
    PercpuRwsem, slowpath_percpu_rwsem: percpu_rw_semaphore, percpu_down_write, percpu_up_write;
}

impl PercpuRwsem {
    /// Runs nothing: the kernel has no such trylock.
    #[inline(always)]
    pub fn try_with<R>(&self, _: impl FnOnce() -> R) -> Option<R> {
        None
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The kernel's own locks behind the trait of the algorithms, called as C calls them.
//!
//! The types of `kernel::sync` go through two more calls, which would be measured. What is behind a
//! lock differs by machine and configuration; the report names what `raw_spin` is where it ran.

use algo::{
    lock::Lock,
    Waiter, //
};
use kernel::{
    bindings,
    types::Opaque, //
};

use crate::helpers;

/// Implements a lock by its functions in C; without a trylock, `try_with` never runs its body. The last
/// two are those of its read side, if it has one.
macro_rules! kernel_lock {
    (
        $name:ident(sleeps = $sleeps:literal, |$level:ident| $($new:tt)*):
        $acquire:ident, $release:ident $(, $try:ident)? $(; $read:path, $end_read:path)?
    ) => {
        // SAFETY: A lock may be reached from several CPUs.
        unsafe impl Send for $name {}
        // SAFETY: As above.
        unsafe impl Sync for $name {}

        impl $name {
            /// Runs `body` while holding the lock.
            #[inline(always)]
            pub(crate) fn hold<R>(&self, body: impl FnOnce() -> R) -> R {
                // SAFETY: The lock is initialised.
                unsafe { bindings::$acquire(self.as_ptr()) };
                let r = body();
                // SAFETY: This task acquired it above.
                unsafe { bindings::$release(self.as_ptr()) };
                r
            }
        }

        impl Lock for $name {
            const REPORTS_CONTENTION: bool = false;
            const SLEEPS: bool = $sleeps;
            $(
                const SHARES: bool = {
                    let _ = $read;
                    true
                };
            )?

            fn new() -> Self {
                Self::of_level(0)
            }

            fn of_level($level: u32) -> Self {
                $($new)*
            }

            #[inline(always)]
            fn with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
                self.hold(body)
            }

            $(
                #[inline(always)]
                fn with_shared<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
                    // SAFETY: The lock is initialised.
                    unsafe { $read(self.as_ptr().cast()) };
                    let r = body();
                    // SAFETY: This task acquired it above.
                    unsafe { $end_read(self.as_ptr().cast()) };
                    r
                }
            )?

            #[inline(always)]
            fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
                $(
                    // SAFETY: The lock is initialised.
                    if unsafe { bindings::$try(self.as_ptr()) } != 0 {
                        let r = body();
                        // SAFETY: This task acquired it above.
                        unsafe { bindings::$release(self.as_ptr()) };
                        return Some(r);
                    }
                )?
                let _ = body;
                None
            }
        }
    };
}

/// Declares locks that spin, in place. An initialised lock holds no address of its own, so a free
/// one may be moved.
macro_rules! spinning {
    ($($(#[$doc:meta])* $name:ident: $ty:ident, $init:ident, $($function:ident),*
        $(=> $read:path, $end_read:path)?;)*) => {$(
        $(#[$doc])*
        pub struct $name(Opaque<bindings::$ty>);

        impl $name {
            #[inline(always)]
            fn as_ptr(&self) -> *mut bindings::$ty {
                self.0.get()
            }
        }

        kernel_lock! {
            $name(sleeps = false, |level| {
                let lock = Opaque::<bindings::$ty>::uninit();
                // SAFETY: There is room for one.
                unsafe { helpers::$init(lock.get().cast(), level) };
                Self(lock)
            }): $($function),* $(; $read, $end_read)?
        }
    )*};
}

/// Declares locks whose waiters sleep, each one of 16 in `kernel_locks.c`, allocated in turn.
/// Preemption must be on.
macro_rules! sleeping {
    ($($(#[$doc:meta])* $name:ident: $ty:ident, $allocate:ident, $($function:ident),*
        $(=> $read:path, $end_read:path)?;)*) => {$(
        $(#[$doc])*
        pub struct $name(*mut bindings::$ty);

        impl $name {
            #[inline(always)]
            fn as_ptr(&self) -> *mut bindings::$ty {
                self.0
            }
        }

        kernel_lock! {
            $name(sleeps = true, |level| {
                // SAFETY: May be called anywhere. A load needs far fewer at a time than there are,
                // and they live as long as the module.
                Self(unsafe { helpers::$allocate(level) }.cast())
            }): $($function),* $(; $read, $end_read)?
        }
    )*};
}

spinning! {
    /// A `raw_spinlock_t`.
    RawSpin: raw_spinlock_t, slowpath_raw_spin_init,
        _raw_spin_lock, _raw_spin_unlock, _raw_spin_trylock;
    /// An `rwlock_t`.
    RwLock: rwlock_t, slowpath_rwlock_init,
        _raw_write_lock, _raw_write_unlock, _raw_write_trylock
        => bindings::_raw_read_lock, bindings::_raw_read_unlock;
}

sleeping! {
    /// A `struct mutex`: a waiter spins while the holder runs, and else sleeps.
    Mutex: mutex, slowpath_mutex, mutex_lock, mutex_unlock, mutex_trylock;
    /// A `struct rw_semaphore`.
    Rwsem: rw_semaphore, slowpath_rwsem, down_write, up_write, down_write_trylock
        => bindings::down_read, bindings::up_read;
    /// A `struct percpu_rw_semaphore`; for writing it has no trylock.
    PercpuRwsem: percpu_rw_semaphore, slowpath_percpu_rwsem, percpu_down_write, percpu_up_write
        => helpers::slowpath_percpu_down_read, helpers::slowpath_percpu_up_read;
}

impl PercpuRwsem {
    /// Waits until RCU has no callback of a semaphore that is in the memory of the module. There is no
    /// user of one any more. May sleep.
    pub fn settle() {
        // SAFETY: May be called where it may sleep.
        unsafe { helpers::slowpath_percpu_rwsem_settle() };
    }
}

impl RawSpin {
    /// Returns the lock word: bit 0 is the holder; any bit above bit 7 is a queued waiter.
    pub(crate) fn bits(&self) -> u32 {
        // SAFETY: The `raw_lock` of a spinlock is a `struct qspinlock`, one word.
        unsafe {
            (&raw const (*self.0.get()).raw_lock)
                .cast::<u32>()
                .read_volatile()
        }
    }
}

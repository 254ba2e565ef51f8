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
    ffi::{
        c_uint,
        c_ulong,
        c_void, //
    },
    types::Opaque, //
};

use crate::helpers;

/// Implements a lock by its functions in C; without a trylock, `try_with` never runs its body. The last
/// two are those of its read side, if it has one.
macro_rules! kernel_lock {
    (
        $name:ident(sleeps = $sleeps:literal, |$level:ident| $($new:tt)*):
        $acquire:path, $release:path $(, $try:path)? $(; $read:path, $end_read:path)?
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
                unsafe { $acquire(self.as_ptr()) };
                let r = body();
                // SAFETY: This task acquired it above.
                unsafe { $release(self.as_ptr()) };
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
                    if unsafe { $try(self.as_ptr()) } != 0 {
                        let r = body();
                        // SAFETY: This task acquired it above.
                        unsafe { $release(self.as_ptr()) };
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
    ($($(#[$doc:meta])* $name:ident: $ty:ty, $init:expr, $($function:path),*
        $(=> $read:path, $end_read:path)?;)*) => {$(
        $(#[$doc])*
        pub struct $name(Opaque<$ty>);

        impl $name {
            #[inline(always)]
            fn as_ptr(&self) -> *mut $ty {
                self.0.get()
            }
        }

        kernel_lock! {
            $name(sleeps = false, |level| {
                let lock = Opaque::<$ty>::uninit();
                // SAFETY: There is room for one.
                unsafe { $init(lock.get().cast(), level) };
                Self(lock)
            }): $($function),* $(; $read, $end_read)?
        }
    )*};
}

/// Declares locks whose waiters sleep, each one of 16 in `kernel_locks.c`, allocated in turn.
/// Preemption must be on.
macro_rules! sleeping {
    ($($(#[$doc:meta])* $name:ident: $ty:ty, $allocate:path, $($function:path),*
        $(=> $read:path, $end_read:path)?;)*) => {$(
        $(#[$doc])*
        pub struct $name(*mut $ty);

        impl $name {
            #[inline(always)]
            fn as_ptr(&self) -> *mut $ty {
                self.0
            }
        }

        kernel_lock! {
            $name(sleeps = true, |level| {
                // SAFETY: May be called anywhere. A load needs far fewer at a time than there are,
                // and they live as long as the module.
                Self(unsafe { $allocate(level) }.cast())
            }): $($function),* $(; $read, $end_read)?
        }
    )*};
}

/// Initialises a lock that is free at 0, and that lockdep does not know.
///
/// # Safety
///
/// There is room for a `T` at `lock`, of which 0 is a value.
unsafe fn zeroed<T>(lock: *mut T, _: u32) {
    // SAFETY: By the contract of the function.
    unsafe { lock.write_bytes(0, 1) };
}

spinning! {
    /// A `raw_spinlock_t`.
    RawSpin: bindings::raw_spinlock_t, helpers::slowpath_raw_spin_init,
        bindings::_raw_spin_lock, bindings::_raw_spin_unlock, bindings::_raw_spin_trylock;
    /// An `rwlock_t`.
    RwLock: bindings::rwlock_t, helpers::slowpath_rwlock_init,
        bindings::_raw_write_lock, bindings::_raw_write_unlock, bindings::_raw_write_trylock
        => bindings::_raw_read_lock, bindings::_raw_read_unlock;
    /// Bit 0 of a word, by `bit_spin_lock()`.
    BitSpin: c_ulong, zeroed::<c_ulong>,
        helpers::slowpath_bit_spin_lock, helpers::slowpath_bit_spin_unlock,
        helpers::slowpath_bit_spin_trylock;
    /// An `rqspinlock_t`, which has no trylock. An acquisition that fails is tried again.
    Rqspinlock: c_uint, zeroed::<c_uint>,
        helpers::slowpath_rqspin_lock, helpers::slowpath_rqspin_unlock;
}

sleeping! {
    /// A `struct mutex`: a waiter spins while the holder runs, and else sleeps.
    Mutex: bindings::mutex, helpers::slowpath_mutex,
        bindings::mutex_lock, bindings::mutex_unlock, bindings::mutex_trylock;
    /// A `struct rw_semaphore`.
    Rwsem: bindings::rw_semaphore, helpers::slowpath_rwsem,
        bindings::down_write, bindings::up_write, bindings::down_write_trylock
        => bindings::down_read, bindings::up_read;
    /// A `struct percpu_rw_semaphore`; for writing it has no trylock.
    PercpuRwsem: bindings::percpu_rw_semaphore, helpers::slowpath_percpu_rwsem,
        bindings::percpu_down_write, bindings::percpu_up_write
        => helpers::slowpath_percpu_down_read, helpers::slowpath_percpu_up_read;
    /// A `struct rt_mutex`: waiters are in order of priority, and the holder inherits the highest.
    RtMutex: c_void, helpers::slowpath_rt_mutex,
        helpers::slowpath_rt_mutex_lock, helpers::slowpath_rt_mutex_unlock,
        helpers::slowpath_rt_mutex_trylock;
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

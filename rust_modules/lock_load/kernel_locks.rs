// SPDX-License-Identifier: GPL-2.0

//! The kernel's own locks, as baselines.
//!
//! What is behind them differs by machine and by configuration; `abi` says what it is as a rule,
//! and the report what `raw_spin` is where it ran.

use algo::{
    lock::Lock,
    Waiter, //
};

/// Declares a lock that is the kernel's.
macro_rules! kernel_locks {
    ($($name:ident = $text:literal $(, $constant:ident = $value:literal)*;)*) => {$(
        /// The kernel's own, behind the same trait as ours.
        pub(crate) struct $name(rig::$name);

        impl Lock for $name {
            const NAME: &'static str = $text;
            const TELLS: bool = false;
            $(const $constant: bool = $value;)*

            fn new() -> Self {
                Self(rig::$name::new())
            }

            #[inline(always)]
            fn with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
                self.0.with(body)
            }

            #[inline(always)]
            fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
                self.0.try_with(body)
            }
        }
    )*};
}

kernel_locks! {
    RawSpin = "kernel/raw_spin";
    RwLock = "kernel/rwlock";
    Mutex = "kernel/mutex", SLEEPS = true;
    Rwsem = "kernel/rwsem", SLEEPS = true;
    PercpuRwsem = "kernel/percpu_rwsem", SLEEPS = true, TRIES = false;
}

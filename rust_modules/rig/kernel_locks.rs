// SPDX-License-Identifier: GPL-2.0

//! The kernel's own locks, behind the same trait as ours.
//!
//! What is behind them differs by machine and by configuration; `abi` says what it is as a rule,
//! and the report what `raw_spin` is where it ran.

use algo::{
    lock::Lock,
    Waiter, //
};

use crate::{
    Mutex,
    PercpuRwsem,
    RawSpin,
    RwLock,
    Rwsem, //
};

/// Implements the trait by the lock's own functions, which go before those of the trait.
macro_rules! kernel_locks {
    ($($name:ident = $text:literal $(, $constant:ident = $value:literal)*;)*) => {$(
        impl Lock for $name {
            const NAME: &'static str = $text;
            const REPORTS_CONTENTION: bool = false;
            $(const $constant: bool = $value;)*

            fn new() -> Self {
                $name::new()
            }

            #[inline(always)]
            fn with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
                $name::with(self, body)
            }

            #[inline(always)]
            fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
                $name::try_with(self, body)
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

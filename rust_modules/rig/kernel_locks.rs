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
    ($($name:ident: sleeps = $sleeps:literal;)*) => {$(
        impl Lock for $name {
            const REPORTS_CONTENTION: bool = false;
            const SLEEPS: bool = $sleeps;

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
    RawSpin: sleeps = false;
    RwLock: sleeps = false;
    Mutex: sleeps = true;
    Rwsem: sleeps = true;
    PercpuRwsem: sleeps = true;
}

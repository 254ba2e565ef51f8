// SPDX-License-Identifier: GPL-2.0

//! The kernel's own sleeping locks: there is no model of them, and `simulate` refuses the variants that have
//! them before anything is made.

use algo::{lock::Lock, Waiter};

macro_rules! not_modelled {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        pub enum $name {}

        impl Lock for $name {
            const SLEEPS: bool = true;

            fn new() -> Self {
                unreachable!("there is no model of {}", stringify!($name))
            }

            fn with<R>(&self, _: &Waiter, _: impl FnOnce() -> R) -> R {
                match *self {}
            }

            fn try_with<R>(&self, _: &Waiter, _: impl FnOnce() -> R) -> Option<R> {
                match *self {}
            }
        }
    )*};
}
not_modelled! {
    /// The kernel's `struct mutex`.
    Mutex
    /// The kernel's `struct rw_semaphore`.
    Rwsem
}

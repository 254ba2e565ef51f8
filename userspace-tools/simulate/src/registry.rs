// SPDX-License-Identifier: GPL-2.0

//! The type behind each name of the list in `abi/lock_load/locks.rs`.

use abi::lock_load::{Config, Lock as Name, ModeWanted};
use algo::{
    lock::{self, Lock},
    wait,
};

use crate::kernel;

/// What is done with the lock that a name stands for.
pub(crate) trait WithLock {
    /// What it returns.
    type Output;

    /// Does it with locks of type `L`.
    fn with<L: Lock + 'static>(self) -> Self::Output;
}

macro_rules! registry {
    (Control {$($control:tt)*} Algo {$($algo:tt)*} Kernel {$(
        $(#[doc = $doc:literal])* $kernel:ident = $kernel_name:literal: $kernel_type:ty [$($fact:ident),*];
    )*}) => {
        registry! { all {$($control)* $($algo)*} }
    };
    (all {$(
        $(#[doc = $doc:literal])* $lock:ident = $name:literal: $type:ty [$($fact:ident),*];
    )*}) => {
        /// Calls `body` with the type of the lock that `config` names; `None` if that is the kernel's own,
        /// and there is no model of it.
        pub(crate) fn with_lock<B: WithLock>(config: &Config, body: B) -> Option<B::Output> {
            Some(match (config.lock, config.mode) {
                // A slot for each vCPU.
                (Name::PvTicket, _) if config.threads > 256 => body.with::<lock::PvTicket<4096>>(),
                $((Name::$lock, _) => body.with::<$type>(),)*
                (Name::KernelRawSpin, ModeWanted::Tas) => body.with::<kernel::TestAndSet>(),
                (Name::KernelRawSpin, ModeWanted::Any | ModeWanted::Pv) => body.with::<kernel::Pv>(),
                _ => return None,
            })
        }
    };
}
abi::locks!(registry);

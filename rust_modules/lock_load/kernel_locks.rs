// SPDX-License-Identifier: GPL-2.0

//! The kernel's own locks, as baselines.

use algo::{
    lock::Lock,
    Waiter, //
};

/// `raw_spinlock_t`.
pub(crate) struct RawSpin(rig::RawSpin);

impl Lock for RawSpin {
    const NAME: &'static str = "kernel/raw_spin";

    fn new() -> Self {
        Self(rig::RawSpin::new())
    }

    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        self.0.try_with(body)
    }

    #[inline(always)]
    fn with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
        self.0.with(body)
    }
}

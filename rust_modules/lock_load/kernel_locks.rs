// SPDX-License-Identifier: GPL-2.0

//! The kernel's own locks, as baselines.

use algo::{
    lock::Lock,
    Events, //
};

/// `raw_spinlock_t`.
pub(crate) struct RawSpin(rig::RawSpin);

impl Lock for RawSpin {
    const NAME: &'static str = "kernel/raw_spin";

    fn new() -> Self {
        Self(rig::RawSpin::new())
    }

    #[inline(always)]
    fn with<R>(&self, _: &Events, body: impl FnOnce() -> R) -> R {
        self.0.with(body)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! CPU-dead callback: no vCPU of a simulated machine goes offline during a run.

use kernel::{prelude::*, sync::Arc};

/// A type with a CPU-dead callback.
pub trait OnCpuDead: Send + Sync + 'static {
    /// Runs when `vcpu` has gone offline.
    fn cpu_dead(&self, vcpu: u32);
}

/// A registered callback.
pub struct CpuDeadCallback<T: OnCpuDead>(#[expect(dead_code, reason = "never called")] Arc<T>);

impl<T: OnCpuDead> CpuDeadCallback<T> {
    /// Registers the callback of `target`.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn register(target: Arc<T>) -> Result<Self> {
        Ok(Self(target))
    }
}

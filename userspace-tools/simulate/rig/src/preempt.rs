// SPDX-License-Identifier: GPL-2.0

//! Preemption within the guest: there is none, since each vCPU runs one thread.

/// Guard that keeps the calling thread on its vCPU, where it is anyway.
pub struct Preempt(());

impl Preempt {
    /// Turns preemption off.
    #[expect(clippy::new_without_default, reason = "it is an act, not a value")]
    pub fn new() -> Self {
        Self(())
    }
}

// So that dropping the guard is an act, as in the kernel.
impl Drop for Preempt {
    fn drop(&mut self) {}
}

/// Lets other tasks of the vCPU run, of which there are none.
pub fn cond_resched() {}

/// Returns whether the scheduler wants the vCPU for another task.
pub fn need_resched() -> bool {
    false
}

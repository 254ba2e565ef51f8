// SPDX-License-Identifier: GPL-2.0

//! Guard that keeps preemption off, a voluntary preemption point, and whether one is due.

use core::marker::PhantomData;

use crate::helpers;

/// Guard that keeps the calling task on its CPU while it lives; the task must not sleep.
///
/// Not `Send`, so it ends on the task that began it.
pub struct Preempt(PhantomData<*mut ()>);

impl Preempt {
    /// Turns preemption off.
    #[expect(clippy::new_without_default, reason = "it is an act, not a value")]
    pub fn new() -> Self {
        // SAFETY: Undone by `drop`, on the same task.
        unsafe { helpers::slowpath_preempt_disable() };
        Self(PhantomData)
    }
}

impl Drop for Preempt {
    fn drop(&mut self) {
        // SAFETY: Undoes what `new` did.
        unsafe { helpers::slowpath_preempt_enable() };
    }
}

/// Lets other tasks run if the scheduler wants to.
pub fn cond_resched() {
    // SAFETY: Called by threads that hold nothing.
    unsafe { helpers::slowpath_cond_resched() };
}

/// Returns whether the scheduler wants the vCPU of the calling task for another one. That waits until
/// preemption is on; `stop_machine()` does, and all other vCPUs with it.
#[inline]
pub fn need_resched() -> bool {
    // SAFETY: May be called anywhere.
    unsafe { helpers::slowpath_need_resched() }
}

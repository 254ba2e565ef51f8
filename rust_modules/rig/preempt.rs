// SPDX-License-Identifier: GPL-2.0

//! Staying on a CPU, and letting others have it.

use core::marker::PhantomData;

use kernel::bindings;

use crate::helpers;

/// Keeps the calling task on its CPU for as long as it lives. It must not sleep meanwhile.
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

/// Lets others run who have waited long enough.
pub fn cond_resched() {
    // SAFETY: Called by threads that hold nothing; it does nothing where it may not sleep.
    unsafe { bindings::__cond_resched() };
}

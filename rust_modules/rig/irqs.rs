// SPDX-License-Identifier: GPL-2.0

//! Keeping interrupts off.

use core::marker::PhantomData;

use kernel::prelude::*;

use crate::helpers;

/// Keeps interrupts off on the calling CPU for as long as it lives. The task must not sleep
/// meanwhile.
///
/// Not `Send`, so it ends on the task that began it.
pub struct IrqsOff(c_ulong, PhantomData<*mut ()>);

impl IrqsOff {
    /// Turns interrupts off.
    #[inline(always)]
    #[expect(clippy::new_without_default, reason = "it is an act, not a value")]
    pub fn new() -> Self {
        // SAFETY: Undone by `drop`, on the same task, which cannot have moved.
        Self(unsafe { helpers::slowpath_irq_save() }, PhantomData)
    }

    /// Returns whether they were off before.
    #[inline(always)]
    pub fn were_off(&self) -> bool {
        const X86_EFLAGS_IF: c_ulong = 1 << 9;
        self.0 & X86_EFLAGS_IF == 0
    }
}

impl Drop for IrqsOff {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: Puts back what `new` found.
        unsafe { helpers::slowpath_irq_restore(self.0) };
    }
}

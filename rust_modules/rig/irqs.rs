// SPDX-License-Identifier: GPL-2.0

//! Guard that keeps interrupts off.

use core::marker::PhantomData;

use kernel::prelude::*;

use crate::helpers;

/// Guard that keeps interrupts off on the calling CPU while it lives; the task must not sleep.
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

    /// Returns whether interrupts were off before.
    #[inline(always)]
    pub fn were_off(&self) -> bool {
        const X86_EFLAGS_IF: c_ulong = 1 << 9;
        self.0 & X86_EFLAGS_IF == 0
    }
}

impl Drop for IrqsOff {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: Restores what `new` saved.
        unsafe { helpers::slowpath_irq_restore(self.0) };
    }
}

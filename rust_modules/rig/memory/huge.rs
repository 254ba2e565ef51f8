// SPDX-License-Identifier: GPL-2.0

//! Huge page: 2 MiB of physically contiguous memory.

use kernel::{
    alloc::AllocError,
    bindings,
    prelude::*, //
};

use crate::helpers;

const ORDER: u32 = 9;

/// A huge page.
///
/// # Invariants
///
/// The address is that of `1 << ORDER` pages of our own.
pub struct HugePage(usize);

impl HugePage {
    /// Its size.
    pub const BYTES: usize = kernel::page::PAGE_SIZE << ORDER;

    /// Allocates one, which fails where memory is fragmented.
    pub fn new() -> Result<Self, AllocError> {
        // SAFETY: May be called where it may sleep.
        match unsafe { helpers::slowpath_pages(ORDER) } {
            0 => Err(AllocError),
            // INVARIANT: They were just allocated.
            at => Ok(Self(at)),
        }
    }

    /// Clears it.
    #[inline(always)]
    pub fn clear(&self) {
        // SAFETY: The pages are ours, by the invariant, and are read by no thread; the direction
        // flag is clear in the kernel.
        unsafe {
            kernel::asm!(
                "rep stosq";
                inout("rcx") Self::BYTES / 8 => _,
                inout("rdi") self.0 => _,
                in("rax") 0u64,
                options(nostack, preserves_flags)
            )
        };
    }
}

impl Drop for HugePage {
    fn drop(&mut self) {
        // SAFETY: They are ours, by the invariant.
        unsafe { bindings::free_pages(self.0, ORDER) };
    }
}

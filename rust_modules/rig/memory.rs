// SPDX-License-Identifier: GPL-2.0

//! Pages of a load's own.

use core::cell::UnsafeCell;

use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};

/// A page that anyone may clear, and nobody reads.
#[repr(C, align(4096))]
pub struct Page(UnsafeCell<[u8; PAGE_SIZE]>);

// SAFETY: The contents are only ever written, with zeros, by instructions and not by the language.
unsafe impl Sync for Page {}
// SAFETY: Zeros are bytes.
unsafe impl Zeroable for Page {}

impl Page {
    /// Clears the page, as `clear_page()` does.
    #[inline(always)]
    pub fn clear(&self) {
        // SAFETY: Writes the page, all of it and nothing else; the direction flag is clear in the
        // kernel.
        unsafe {
            kernel::asm!(
                "rep stosq";
                inout("rcx") PAGE_SIZE / 8 => _,
                inout("rdi") self.0.get() => _,
                in("rax") 0u64,
                options(nostack, preserves_flags)
            )
        };
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Descriptor of a page frame: 64 bytes, as `struct page`.

use core::cell::UnsafeCell;

use kernel::prelude::*;

/// A descriptor.
#[repr(C, align(64))]
pub struct Descriptor(UnsafeCell<[u64; 8]>);

// SAFETY: The contents are only touched by volatile accesses, and any words will do.
unsafe impl Sync for Descriptor {}
// SAFETY: Zeros are words.
unsafe impl Zeroable for Descriptor {}

impl Descriptor {
    /// Writes to the descriptor of page frame `pfn` what `__init_single_page()` of the kernel writes
    /// to a `struct page`: zeros, links and flags, a list of its own, counts.
    #[inline(always)]
    pub fn init(&self, pfn: u64) {
        let words = self.0.get().cast::<u64>();
        let list = words.wrapping_add(1);
        let values = [
            pfn << 8,
            list as u64,
            list as u64,
            0,
            0,
            0,
            // A reference count of 1 and a map count of -1.
            0x0000_0001_ffff_ffff,
            0,
        ];
        for (n, value) in values.into_iter().enumerate() {
            // SAFETY: The descriptor has eight words.
            unsafe { words.wrapping_add(n).write_volatile(value) };
        }
    }

    /// Returns whether it is that of `pfn`.
    pub fn is_of(&self, pfn: u64) -> bool {
        // SAFETY: It has eight words.
        unsafe { self.0.get().cast::<u64>().read_volatile() == pfn << 8 }
    }
}

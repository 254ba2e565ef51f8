// SPDX-License-Identifier: GPL-2.0

//! Page that a job clears, fills or reads.

use core::cell::UnsafeCell;

use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};

use crate::helpers;

/// A page.
#[repr(C, align(4096))]
pub struct Page(UnsafeCell<[u8; PAGE_SIZE]>);

// SAFETY: The contents are only touched by instructions and by C, and any bytes will do.
unsafe impl Sync for Page {}
// SAFETY: Zeros are bytes.
unsafe impl Zeroable for Page {}

impl Page {
    /// Clears the page, as `clear_page()` does.
    #[inline(always)]
    pub fn clear(&self) {
        self.store(0);
    }

    /// Fills the page with a word that depends on `seed`.
    pub fn fill(&self, seed: u64) {
        self.store(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }

    #[inline(always)]
    fn store(&self, word: u64) {
        // SAFETY: Writes the page, all of it and nothing else; the direction flag is clear in the
        // kernel.
        unsafe {
            kernel::asm!(
                "rep stosq";
                inout("rcx") PAGE_SIZE / 8 => _,
                inout("rdi") self.0.get() => _,
                in("rax") word,
                options(nostack, preserves_flags)
            )
        };
    }

    /// Writes `word` to the first word and to the last.
    #[inline(always)]
    pub fn mark(&self, word: u64) {
        let words = self.0.get().cast::<u64>();
        for at in [0, PAGE_SIZE / 8 - 1] {
            // SAFETY: The page is aligned and has so many words.
            unsafe { words.wrapping_add(at).write_volatile(word) };
        }
    }

    /// Returns the first word.
    #[inline(always)]
    pub fn first(&self) -> u64 {
        // SAFETY: As above.
        unsafe { self.0.get().cast::<u64>().read_volatile() }
    }

    /// Returns whether all of it is zero.
    pub fn is_clear(&self) -> bool {
        let words = self.0.get().cast::<u64>();
        let mut any = 0;
        for n in 0..PAGE_SIZE / 8 {
            // SAFETY: As above.
            any |= unsafe { words.wrapping_add(n).read_volatile() };
        }
        any == 0
    }

    /// Returns the sum of its words.
    #[inline(always)]
    pub fn sum(&self) -> u64 {
        let words = self.0.get().cast::<u64>();
        let mut sum = 0u64;
        for n in 0..PAGE_SIZE / 8 {
            // SAFETY: The page is aligned and has so many words.
            sum = sum.wrapping_add(unsafe { words.wrapping_add(n).read_volatile() });
        }
        sum
    }

    /// Returns its crc32c, by the kernel's own function.
    #[inline(always)]
    pub fn crc32c(&self) -> u32 {
        // SAFETY: The page is there.
        unsafe { helpers::slowpath_crc32c(!0, self.0.get().cast(), PAGE_SIZE) }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Words that the kernel changes by plain stores, under locks that are not taken here.

/// An integer that one load reads.
pub(crate) trait Word: Copy {
    /// Reads it.
    ///
    /// # Safety
    ///
    /// `at` is valid for reads but for concurrent changes.
    unsafe fn read(at: *const Self) -> Self;
}

macro_rules! word {
    ($($ty:ty: $mov:literal;)*) => {$(
        impl Word for $ty {
            #[inline(always)]
            unsafe fn read(at: *const Self) -> Self {
                #[cfg(target_arch = "x86_64")]
                {
                    let v;
                    // SAFETY: By the contract, it is mapped. To the compiler, `asm!` may see any
                    // value there, so that a concurrent change is no race.
                    unsafe {
                        kernel::asm!($mov; at = in(reg) at, v = lateout(reg) v,
                            options(nostack, preserves_flags, readonly));
                    }
                    v
                }
                #[cfg(not(target_arch = "x86_64"))]
                // SAFETY: By the contract; the kernel reads these words alike, by `READ_ONCE`.
                unsafe {
                    at.read_volatile()
                }
            }
        }
    )*};
}

word! {
    i32: "movl ({at}), {v:e}";
    i64: "movq ({at}), {v}";
    u64: "movq ({at}), {v}";
}

/// Reads a word of the kernel's, as it is at some moment.
///
/// The caller says why any value that the word has meanwhile will do. Detectors of data races do not
/// see the load: half of the pair is the kernel's own.
///
/// # Safety
///
/// `at` is valid for reads but for concurrent changes.
#[inline(always)]
pub(crate) unsafe fn read<T: Word>(at: *const T) -> T {
    // SAFETY: By the contract.
    unsafe { T::read(at) }
}

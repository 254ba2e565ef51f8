// SPDX-License-Identifier: GPL-2.0

//! Atomics and barriers of x86-64 as the instructions themselves.
//!
//! `kernel::sync::atomic` has the same words, but each of its operations is a call of an exported
//! function where the kernel was built with GCC. A study of locks must not measure that.
//!
//! The mapping is that of `arch/x86/include/asm/{atomic,cmpxchg,barrier}.h`. The machine orders
//! everything but an earlier store with a later load, and every instruction with `lock` (`xchg`
//! has it unasked) orders that too. So `Acquire` and `Release` need no more than `Relaxed`, and
//! each read-modify-write is [`Full`] whatever it asks for. That the compiler, too, moves nothing
//! across is what `asm!` without `nomem` says.

#![expect(unsafe_code, reason = "inline assembly")]

use core::cell::UnsafeCell;

use kernel::sync::atomic::ordering::{
    AcquireOrRelaxed,
    Ordering,
    ReleaseOrRelaxed, //
};

use super::Relaxed;

/// A memory location that several CPUs reach.
#[repr(transparent)]
pub struct Atomic<T>(UnsafeCell<T>);

// SAFETY: Every access is one instruction that the machine does not tear.
unsafe impl<T: Word> Sync for Atomic<T> {}
// SAFETY: A word means the same on every CPU.
unsafe impl<T: Word> Send for Atomic<T> {}

/// A type that fits into one register and one access.
///
/// # Safety
///
/// The functions access `*p` in one instruction, and return only values
/// that were stored there.
pub unsafe trait Word: Copy {
    /// Reads `*p`.
    ///
    /// # Safety
    ///
    /// `p` is valid and aligned, and so for all functions of this trait.
    unsafe fn load(p: *mut Self) -> Self;
    /// Writes `v` to `*p`.
    ///
    /// # Safety
    ///
    /// As for [`Word::load`].
    unsafe fn store(p: *mut Self, v: Self);
    /// Writes `v` to `*p` and returns what was there.
    ///
    /// # Safety
    ///
    /// As for [`Word::load`].
    unsafe fn xchg(p: *mut Self, v: Self) -> Self;
    /// Writes `new` to `*p` if `old` is there; returns what was there, and whether it wrote.
    ///
    /// # Safety
    ///
    /// As for [`Word::load`].
    unsafe fn cmpxchg(p: *mut Self, old: Self, new: Self) -> (Self, bool);
}

/// A [`Word`] that can be counted with; all arithmetic wraps.
///
/// # Safety
///
/// As for [`Word`].
pub unsafe trait Int: Word {
    /// Adds `v` to `*p`.
    ///
    /// # Safety
    ///
    /// As for [`Word::load`].
    unsafe fn add(p: *mut Self, v: Self);
    /// Adds `v` to `*p` and returns what was there.
    ///
    /// # Safety
    ///
    /// As for [`Word::load`].
    unsafe fn xadd(p: *mut Self, v: Self) -> Self;
    /// Returns what added is as good as `self` subtracted.
    fn negated(self) -> Self;
}

/// Implements a word of its own size.
macro_rules! word {
    ($($t:ty, $class:ident, $acc:tt, $suffix:literal, $reg:literal;)*) => {$(
        // SAFETY: One instruction for each function, of the size of the type.
        unsafe impl Word for $t {
            #[inline(always)]
            unsafe fn load(p: *mut Self) -> Self {
                let v;
                // SAFETY: `p` is valid, by the contract of the function.
                unsafe { kernel::asm!(concat!("mov", $suffix, " ({p}), {v", $reg, "}");
                    p = in(reg) p, v = lateout($class) v, options(nostack, preserves_flags)) };
                v
            }
            #[inline(always)]
            unsafe fn store(p: *mut Self, v: Self) {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("mov", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) p, v = in($class) v, options(nostack, preserves_flags)) };
            }
            #[inline(always)]
            unsafe fn xchg(p: *mut Self, mut v: Self) -> Self {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("xchg", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) p, v = inout($class) v, options(nostack, preserves_flags)) };
                v
            }
            #[inline(always)]
            unsafe fn cmpxchg(p: *mut Self, old: Self, new: Self) -> (Self, bool) {
                let (was, wrote): (Self, u8);
                // SAFETY: As above.
                unsafe { kernel::asm!(
                    concat!("lock cmpxchg", $suffix, " {v", $reg, "}, ({p}); sete {z}");
                    p = in(reg) p, v = in($class) new, z = out(reg_byte) wrote,
                    inout($acc) old => was, options(nostack)) };
                (was, wrote != 0)
            }
        }
        // SAFETY: As above.
        unsafe impl Int for $t {
            #[inline(always)]
            unsafe fn add(p: *mut Self, v: Self) {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("lock add", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) p, v = in($class) v, options(nostack)) };
            }
            #[inline(always)]
            unsafe fn xadd(p: *mut Self, mut v: Self) -> Self {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("lock xadd", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) p, v = inout($class) v, options(nostack)) };
                v
            }
            #[inline(always)]
            fn negated(self) -> Self {
                self.wrapping_neg()
            }
        }
    )*};
}
word! {
    u8, reg_byte, "al", "b", "";
    i32, reg, "eax", "l", ":e";
    u32, reg, "eax", "l", ":e";
    i64, reg, "rax", "q", ":r";
    u64, reg, "rax", "q", ":r";
    usize, reg, "rax", "q", ":r";
}

/// Implements a word that is stored as another.
macro_rules! word_as {
    ($t:ty, $as:ty, $to:expr, $from:expr $(, $g:ident)?) => {
        // SAFETY: Both have one size, and what comes back had been stored.
        unsafe impl$(<$g>)? Word for $t {
            #[inline(always)]
            unsafe fn load(p: *mut Self) -> Self {
                // SAFETY: By the contract of the function.
                $from(unsafe { <$as>::load(p.cast()) })
            }
            #[inline(always)]
            unsafe fn store(p: *mut Self, v: Self) {
                // SAFETY: By the contract of the function.
                unsafe { <$as>::store(p.cast(), $to(v)) }
            }
            #[inline(always)]
            unsafe fn xchg(p: *mut Self, v: Self) -> Self {
                // SAFETY: By the contract of the function.
                $from(unsafe { <$as>::xchg(p.cast(), $to(v)) })
            }
            #[inline(always)]
            unsafe fn cmpxchg(p: *mut Self, old: Self, new: Self) -> (Self, bool) {
                // SAFETY: By the contract of the function.
                let (was, wrote) = unsafe { <$as>::cmpxchg(p.cast(), $to(old), $to(new)) };
                ($from(was), wrote)
            }
        }
    };
}
word_as!(bool, u8, u8::from, |v| v != 0);
word_as!(
    *mut U,
    usize,
    <*mut U>::expose_provenance,
    core::ptr::with_exposed_provenance_mut,
    U
);

impl<T: Word + Default> Default for Atomic<T> {
    #[inline(always)]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Word> Atomic<T> {
    /// Creates the location, holding `v`.
    #[inline(always)]
    pub const fn new(v: T) -> Self {
        Self(UnsafeCell::new(v))
    }

    /// Reads; with `Acquire`, everything after it comes after it.
    #[inline(always)]
    pub fn load<O: AcquireOrRelaxed>(&self, _: O) -> T {
        // SAFETY: The location is live for as long as `self`.
        unsafe { T::load(self.0.get()) }
    }

    /// Writes; with `Release`, everything before it comes before it.
    #[inline(always)]
    pub fn store<O: ReleaseOrRelaxed>(&self, v: T, _: O) {
        // SAFETY: As in `load`.
        unsafe { T::store(self.0.get(), v) }
    }

    /// Writes `v` and returns what was there.
    #[inline(always)]
    pub fn xchg<O: Ordering>(&self, v: T, _: O) -> T {
        // SAFETY: As in `load`.
        unsafe { T::xchg(self.0.get(), v) }
    }

    /// Writes `new` if `old` is there; returns what was there. Failing, it promises no order.
    #[inline(always)]
    pub fn cmpxchg<O: Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        // SAFETY: As in `load`.
        match unsafe { T::cmpxchg(self.0.get(), old, new) } {
            (was, true) => Ok(was),
            (was, false) => Err(was),
        }
    }
}

impl<T: Int> Atomic<T> {
    /// Adds `v`.
    #[inline(always)]
    pub fn add(&self, v: T, _: Relaxed) {
        // SAFETY: As in `load`.
        unsafe { T::add(self.0.get(), v) }
    }

    /// Adds `v` and returns what was there.
    #[inline(always)]
    pub fn fetch_add<O: Ordering>(&self, v: T, _: O) -> T {
        // SAFETY: As in `load`.
        unsafe { T::xadd(self.0.get(), v) }
    }

    /// Subtracts `v` and returns what was there.
    #[inline(always)]
    pub fn fetch_sub<O: Ordering>(&self, v: T, order: O) -> T {
        self.fetch_add(v.negated(), order)
    }
}

/// Orders all earlier accesses before all later ones, between CPUs.
#[inline(always)]
pub fn smp_mb() {
    // SAFETY: Adds nothing to a word below the stack, as `__smp_mb()` does; the kernel is built
    // without a red zone, so nothing is there.
    unsafe { kernel::asm!("lock addl $0, -4(%rsp)"; ) };
}

/// Hints to the CPU, and to a hypervisor with pause-loop exiting, that this is a busy wait.
#[inline(always)]
pub fn cpu_relax() {
    // SAFETY: `pause` touches nothing. The compiler must read memory anew after it.
    unsafe { kernel::asm!("pause"; options(nostack, preserves_flags)) };
}

/// Returns the number of the CPU that this runs on.
#[inline(always)]
pub(super) fn current_cpu() -> u32 {
    let cpu;
    // SAFETY: `cpu_number` is an `int` in the per-CPU area, which `gs` points to.
    unsafe {
        kernel::asm!("movl %gs:cpu_number(%rip), {cpu:e}";
        cpu = lateout(reg) cpu, options(nostack, preserves_flags, readonly))
    };
    cpu
}

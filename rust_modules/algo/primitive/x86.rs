// SPDX-License-Identifier: GPL-2.0

//! Atomics and barriers of x86-64 as the instructions themselves.
//!
//! `kernel::sync::atomic` has the same operations, but each is a call of an exported function where
//! the kernel was built with GCC. A study of locks must not measure that.
//!
//! The mapping is that of `arch/x86/include/asm/{atomic,cmpxchg,barrier}.h`. The machine orders
//! everything but an earlier store with a later load, and every instruction with `lock` (`xchg`
//! has it unasked) orders that too. So `Acquire` and `Release` need no more than `Relaxed`, and
//! each read-modify-write is [`Full`](super::Full) whatever it asks for. `asm!` without `nomem`
//! keeps the compiler, too, from moving anything across.

#![expect(unsafe_code, reason = "inline assembly")]

use core::{
    cell::UnsafeCell,
    ptr, //
};

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
/// The functions access the word in one instruction, and return only values that were stored there.
pub unsafe trait Word: Copy {
    /// Reads the word.
    fn load(at: &UnsafeCell<Self>) -> Self;
    /// Writes `v`.
    fn store(at: &UnsafeCell<Self>, v: Self);
    /// Writes `v` and returns what was there.
    fn xchg(at: &UnsafeCell<Self>, v: Self) -> Self;
    /// Writes `new` if `old` is there; returns what was there.
    fn cmpxchg(at: &UnsafeCell<Self>, old: Self, new: Self) -> Result<Self, Self>;
}

/// A [`Word`] that can be counted with; all arithmetic wraps.
pub trait Int: Word {
    /// Adds `v`.
    fn add(at: &UnsafeCell<Self>, v: Self);
    /// Adds `v` and returns what was there.
    fn xadd(at: &UnsafeCell<Self>, v: Self) -> Self;
    /// Returns the number that adds up to zero with `self`.
    fn negated(self) -> Self;
}

/// Implements a word of its own size.
macro_rules! word {
    ($($t:ty, $class:ident, $acc:tt, $suffix:literal, $reg:literal;)*) => {$(
        // SAFETY: One instruction for each function, of the size of the type.
        unsafe impl Word for $t {
            #[inline(always)]
            fn load(at: &UnsafeCell<Self>) -> Self {
                let v;
                // SAFETY: The location is live for as long as the reference to it.
                unsafe { kernel::asm!(concat!("mov", $suffix, " ({p}), {v", $reg, "}");
                    p = in(reg) at.get(), v = lateout($class) v,
                    options(nostack, preserves_flags)) };
                v
            }
            #[inline(always)]
            fn store(at: &UnsafeCell<Self>, v: Self) {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("mov", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) at.get(), v = in($class) v,
                    options(nostack, preserves_flags)) };
            }
            #[inline(always)]
            fn xchg(at: &UnsafeCell<Self>, mut v: Self) -> Self {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("xchg", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) at.get(), v = inout($class) v,
                    options(nostack, preserves_flags)) };
                v
            }
            #[inline(always)]
            fn cmpxchg(at: &UnsafeCell<Self>, old: Self, new: Self) -> Result<Self, Self> {
                let (was, wrote): (Self, u8);
                // SAFETY: As above.
                unsafe { kernel::asm!(
                    concat!("lock cmpxchg", $suffix, " {v", $reg, "}, ({p}); sete {z}");
                    p = in(reg) at.get(), v = in($class) new, z = out(reg_byte) wrote,
                    inout($acc) old => was, options(nostack)) };
                if wrote != 0 { Ok(was) } else { Err(was) }
            }
        }
        impl Int for $t {
            #[inline(always)]
            fn add(at: &UnsafeCell<Self>, v: Self) {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("lock add", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) at.get(), v = in($class) v, options(nostack)) };
            }
            #[inline(always)]
            fn xadd(at: &UnsafeCell<Self>, mut v: Self) -> Self {
                // SAFETY: As above.
                unsafe { kernel::asm!(concat!("lock xadd", $suffix, " {v", $reg, "}, ({p})");
                    p = in(reg) at.get(), v = inout($class) v, options(nostack)) };
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

/// Implements a word that is stored as another of its size, `$from` whose value is valid if `$to`
/// made it.
macro_rules! word_as {
    ($t:ty, $as:ty, $to:expr, $from:expr $(, $g:ident)?) => {
        // SAFETY: As for `$as`, and what comes back had been stored.
        unsafe impl$(<$g>)? Word for $t {
            #[inline(always)]
            fn load(at: &UnsafeCell<Self>) -> Self {
                // SAFETY: `$from` takes each value that is stored.
                $from(<$as>::load(unsafe { cast(at) }))
            }
            #[inline(always)]
            fn store(at: &UnsafeCell<Self>, v: Self) {
                // SAFETY: As above.
                <$as>::store(unsafe { cast(at) }, $to(v))
            }
            #[inline(always)]
            fn xchg(at: &UnsafeCell<Self>, v: Self) -> Self {
                // SAFETY: As above.
                $from(<$as>::xchg(unsafe { cast(at) }, $to(v)))
            }
            #[inline(always)]
            fn cmpxchg(at: &UnsafeCell<Self>, old: Self, new: Self) -> Result<Self, Self> {
                // SAFETY: As above.
                let at = unsafe { cast(at) };
                <$as>::cmpxchg(at, $to(old), $to(new)).map($from).map_err($from)
            }
        }
    };
}
word_as!(bool, u8, u8::from, |v| v != 0);
word_as!(
    *mut U,
    usize,
    <*mut U>::expose_provenance,
    ptr::with_exposed_provenance_mut,
    U
);

/// Reaches a location as one of another type.
///
/// # Safety
///
/// Both types have one size and alignment, and a value of `U` that is stored is one of `T`.
#[inline(always)]
unsafe fn cast<T, U>(at: &UnsafeCell<T>) -> &UnsafeCell<U> {
    // SAFETY: By the contract of the function; `UnsafeCell` has the layout of what it holds.
    unsafe { &*ptr::from_ref(at).cast() }
}

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
        T::load(&self.0)
    }

    /// Writes; with `Release`, everything before it comes before it.
    #[inline(always)]
    pub fn store<O: ReleaseOrRelaxed>(&self, v: T, _: O) {
        T::store(&self.0, v)
    }

    /// Writes `v` and returns what was there.
    #[inline(always)]
    pub fn xchg<O: Ordering>(&self, v: T, _: O) -> T {
        T::xchg(&self.0, v)
    }

    /// Writes `new` if `old` is there; returns what was there. Failing, it promises no order.
    #[inline(always)]
    pub fn cmpxchg<O: Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        T::cmpxchg(&self.0, old, new)
    }
}

impl<T: Int> Atomic<T> {
    /// Adds `v`.
    #[inline(always)]
    pub fn add(&self, v: T, _: Relaxed) {
        T::add(&self.0, v)
    }

    /// Adds `v` and returns what was there.
    #[inline(always)]
    pub fn fetch_add<O: Ordering>(&self, v: T, _: O) -> T {
        T::xadd(&self.0, v)
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

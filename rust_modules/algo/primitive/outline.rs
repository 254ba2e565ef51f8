// SPDX-License-Identifier: GPL-2.0

//! The kernel's own atomics: the fallback where there is no inline twin, and its yardstick.
//!
//! Built with `OUTLINE=1`, or for any architecture but x86-64. Each operation is a call of an
//! exported function where the kernel was built with GCC.

#![expect(unsafe_code, reason = "a byte is the kernel's `i8`")]

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            self as kernels,
            ordering::{
                AcquireOrRelaxed,
                Ordering,
                ReleaseOrRelaxed, //
            },
            AtomicType, //
        },
        barrier, //
    }, //
};

use super::{
    Full,
    Relaxed, //
};

pub use kernel::processor::cpu_relax;

/// A memory location that several CPUs reach.
#[repr(transparent)]
pub struct Atomic<T: Word>(kernels::Atomic<T::Stored>);

// SAFETY: Zero is a valid `Word`.
unsafe impl<T: Word> Zeroable for Atomic<T> {}

/// A byte as the kernel's atomics store it; they have only the signed one.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Byte(u8);

// SAFETY: `Byte` and `i8` are both one byte, and each value of one is a value of the other.
unsafe impl AtomicType for Byte {
    type Repr = i8;
}

/// Types that an [`Atomic`] may hold; zero is a valid value of each.
pub trait Word: Copy {
    /// What is stored.
    type Stored: AtomicType;
    /// As [`Atomic::new`].
    fn new(v: Self) -> kernels::Atomic<Self::Stored>;
    /// As [`Atomic::load`].
    fn load<O: AcquireOrRelaxed>(a: &kernels::Atomic<Self::Stored>, o: O) -> Self;
    /// As [`Atomic::store`].
    fn store<O: ReleaseOrRelaxed>(a: &kernels::Atomic<Self::Stored>, v: Self, o: O);
    /// As [`Atomic::xchg`].
    fn xchg<O: Ordering>(a: &kernels::Atomic<Self::Stored>, v: Self, o: O) -> Self;
    /// As [`Atomic::cmpxchg`].
    fn cmpxchg<O: Ordering>(
        a: &kernels::Atomic<Self::Stored>,
        old: Self,
        new: Self,
        o: O,
    ) -> Result<Self, Self>;
}

/// A [`Word`] that can be counted with; all arithmetic wraps.
pub trait Int: Word {
    /// As [`Atomic::fetch_add`].
    fn fetch_add<O: Ordering>(a: &kernels::Atomic<Self::Stored>, v: Self, o: O) -> Self;
    /// Returns what added is as good as `self` subtracted.
    fn negated(self) -> Self;
}

/// Implements a word that is stored as `$stored`, through `$to` and `$from`.
macro_rules! word {
    ($t:ty, $stored:ty, $to:expr, $from:expr $(, $g:ident)?) => {
        impl$(<$g>)? Word for $t {
            type Stored = $stored;

            #[inline(always)]
            fn new(v: Self) -> kernels::Atomic<$stored> {
                kernels::Atomic::new($to(v))
            }
            #[inline(always)]
            fn load<O: AcquireOrRelaxed>(a: &kernels::Atomic<$stored>, o: O) -> Self {
                $from(a.load(o))
            }
            #[inline(always)]
            fn store<O: ReleaseOrRelaxed>(a: &kernels::Atomic<$stored>, v: Self, o: O) {
                a.store($to(v), o)
            }
            #[inline(always)]
            fn xchg<O: Ordering>(a: &kernels::Atomic<$stored>, v: Self, o: O) -> Self {
                $from(a.xchg($to(v), o))
            }
            #[inline(always)]
            fn cmpxchg<O: Ordering>(
                a: &kernels::Atomic<$stored>,
                old: Self,
                new: Self,
                o: O,
            ) -> Result<Self, Self> {
                a.cmpxchg($to(old), $to(new), o).map($from).map_err($from)
            }
        }
    };
}
macro_rules! int {
    ($($t:ty),*) => {$(
        word!($t, $t, |v| v, |v| v);

        impl Int for $t {
            #[inline(always)]
            fn fetch_add<O: Ordering>(a: &kernels::Atomic<$t>, v: Self, o: O) -> Self {
                a.fetch_add(v, o)
            }
            #[inline(always)]
            fn negated(self) -> Self {
                self.wrapping_neg()
            }
        }
    )*};
}
int!(i32, u32, i64, u64, usize);
word!(bool, bool, |v| v, |v| v);
word!(*mut U, *mut U, |v| v, |v| v, U);
word!(u8, Byte, Byte, |b: Byte| b.0);

impl Int for u8 {
    #[inline(always)]
    fn fetch_add<O: Ordering>(a: &kernels::Atomic<Byte>, v: Self, _: O) -> Self {
        let mut old = a.load(Relaxed);
        // Full is at least what was asked for.
        while let Err(now) = a.cmpxchg(old, Byte(old.0.wrapping_add(v)), Full) {
            old = now;
        }
        old.0
    }
    #[inline(always)]
    fn negated(self) -> Self {
        self.wrapping_neg()
    }
}

impl<T: Word> Atomic<T> {
    /// Creates the location, holding `v`.
    #[inline(always)]
    pub fn new(v: T) -> Self {
        Self(T::new(v))
    }

    /// Reads; with `Acquire`, everything after it comes after it.
    #[inline(always)]
    pub fn load<O: AcquireOrRelaxed>(&self, order: O) -> T {
        T::load(&self.0, order)
    }

    /// Writes; with `Release`, everything before it comes before it.
    #[inline(always)]
    pub fn store<O: ReleaseOrRelaxed>(&self, v: T, order: O) {
        T::store(&self.0, v, order)
    }

    /// Writes `v` and returns what was there.
    #[inline(always)]
    pub fn xchg<O: Ordering>(&self, v: T, order: O) -> T {
        T::xchg(&self.0, v, order)
    }

    /// Writes `new` if `old` is there; returns what was there. Failing, it promises no order.
    #[inline(always)]
    pub fn cmpxchg<O: Ordering>(&self, old: T, new: T, order: O) -> Result<T, T> {
        T::cmpxchg(&self.0, old, new, order)
    }
}

impl<T: Int> Atomic<T> {
    /// Adds `v`.
    #[inline(always)]
    pub fn add(&self, v: T, order: Relaxed) {
        T::fetch_add(&self.0, v, order);
    }

    /// Adds `v` and returns what was there.
    #[inline(always)]
    pub fn fetch_add<O: Ordering>(&self, v: T, order: O) -> T {
        T::fetch_add(&self.0, v, order)
    }

    /// Subtracts `v` and returns what was there.
    #[inline(always)]
    pub fn fetch_sub<O: Ordering>(&self, v: T, order: O) -> T {
        T::fetch_add(&self.0, v.negated(), order)
    }
}

/// Orders all earlier accesses before all later ones, between CPUs.
#[inline(always)]
pub fn smp_mb() {
    barrier::smp_mb(Full);
}

/// Returns the number of the CPU that this runs on.
#[inline(always)]
pub(super) fn current_cpu() -> u32 {
    kernel::cpu::CpuId::current().as_u32()
}

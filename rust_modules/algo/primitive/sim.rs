// SPDX-License-Identifier: GPL-2.0

//! The simulated twin: the same words, on a machine that is simulated.
//!
//! Everything is sequentially consistent; an ordering only says what a word costs. A word reports the
//! address that it accesses to [`machine`], and accesses it when it is its turn: there is one OS
//! thread, so nothing comes between.
#![expect(missing_docs, reason = "`primitive/x86.rs` documents the same words")]
#![expect(unsafe_code, reason = "atomics are plain memory of one OS thread")]

extern crate std;

#[path = "sim/per_vcpu.rs"]
mod per_vcpu;
#[path = "sim/rcu.rs"]
mod rcu;

use core::cell::UnsafeCell;

use machine::{
    words,
    VcpuId, //
};

pub use self::{
    per_vcpu::{
        here,
        keep,
        possible_vcpus,
        undisturbed,
        with_vcpus,
        Mine,
        PerVcpu, //
    },
    rcu::{
        grace,
        rcu, //
    },
};

pub const TICKETS_TO_WRAP: u32 = 100;
pub const VCPU_SLOTS: usize = 16;

pub struct Relaxed;
pub struct Acquire;
pub struct Release;
pub struct Full;

/// Orderings a read-modify-write may ask for.
pub trait Ordering {}
/// Orderings a load may ask for.
pub trait AcquireOrRelaxed: Ordering {}
/// Orderings a store may ask for.
pub trait ReleaseOrRelaxed: Ordering {}

impl Ordering for Relaxed {}
impl Ordering for Acquire {}
impl Ordering for Release {}
impl Ordering for Full {}
impl AcquireOrRelaxed for Relaxed {}
impl AcquireOrRelaxed for Acquire {}
impl ReleaseOrRelaxed for Relaxed {}
impl ReleaseOrRelaxed for Release {}

/// A memory location shared between vCPUs.
pub struct Atomic<T: AtomicType>(UnsafeCell<T>);

// SAFETY: One OS thread runs all vCPUs of a machine, and a machine is run by one.
unsafe impl<T: AtomicType> Sync for Atomic<T> {}
// SAFETY: As above.
unsafe impl<T: AtomicType> Send for Atomic<T> {}

/// Types an [`Atomic`] may hold.
pub trait AtomicType: Copy + PartialEq {}
/// Types with addition.
pub trait AtomicAdd: AtomicType {
    #[doc(hidden)]
    fn plus(self, other: Self) -> Self;
    #[doc(hidden)]
    fn minus(self, other: Self) -> Self;
}

macro_rules! int {
    ($($t:ty),*) => {$(
        impl AtomicType for $t {}
        impl AtomicAdd for $t {
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
        }
    )*};
}
int!(i32, u32, i64, u64, usize);
impl AtomicType for bool {}
impl<T> AtomicType for *mut T {}

impl<T: AtomicType> Atomic<T> {
    pub fn new(v: T) -> Self {
        Self(UnsafeCell::new(v))
    }

    #[inline(always)]
    fn address(&self) -> usize {
        self.0.get() as usize
    }

    #[inline(always)]
    fn get(&self) -> T {
        // SAFETY: One OS thread; a vCPU is suspended in `words` only.
        unsafe { *self.0.get() }
    }

    #[inline(always)]
    fn set(&self, v: T) {
        // SAFETY: As above.
        unsafe { *self.0.get() = v };
    }

    #[inline]
    fn change(&self, to: impl FnOnce(T) -> T) -> T {
        words::rmw(self.address());
        let was = self.get();
        self.set(to(was));
        was
    }

    #[inline]
    pub fn load<O: AcquireOrRelaxed>(&self, _: O) -> T {
        words::load(self.address());
        self.get()
    }

    #[inline]
    pub fn store<O: ReleaseOrRelaxed>(&self, v: T, _: O) {
        words::store(self.address());
        self.set(v);
    }

    #[inline]
    pub fn xchg<O: Ordering>(&self, v: T, _: O) -> T {
        self.change(|_| v)
    }

    #[inline]
    pub fn cmpxchg<O: Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        match self.change(|was| if was == old { new } else { was }) {
            was if was == old => Ok(was),
            was => Err(was),
        }
    }
}

impl<T: AtomicType + Default> Default for Atomic<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: AtomicAdd> Atomic<T> {
    #[inline]
    pub fn add(&self, v: T, _: Relaxed) {
        self.change(|was| was.plus(v));
    }

    #[inline]
    pub fn fetch_add<O: Ordering>(&self, v: T, _: O) -> T {
        self.change(|was| was.plus(v))
    }

    #[inline]
    pub fn fetch_sub<O: Ordering>(&self, v: T, _: O) -> T {
        self.change(|was| was.minus(v))
    }
}

pub fn smp_mb() {
    words::fence();
}

#[inline]
pub fn cpu_relax() {
    words::relax();
}

#[inline]
pub fn stamp() -> u64 {
    words::stamp()
}

/// As those of `spin.rs`; looks at words that nothing writes cost no events.
#[inline]
pub fn spin_until(look: impl Fn() -> bool, sample: impl Fn()) {
    while words::look_until(u32::MAX, &look, &sample).is_none() {}
}

#[inline]
pub fn spin_for(looks: u32, look: impl Fn() -> bool, sample: impl Fn()) -> Option<u32> {
    words::look_until(looks, look, sample)
}

/// A vCPU of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vcpu(u32);

impl Vcpu {
    pub fn current() -> Self {
        Self(words::current().0)
    }

    pub fn number(self) -> u32 {
        self.0
    }

    pub fn numbered(number: u32) -> Option<Self> {
        (number < words::vcpus()).then_some(Self(number))
    }

    pub fn halt_while(word: &Atomic<u32>, value: u32) {
        words::halt_while(|| word.load(Relaxed) == value);
    }

    pub fn yield_to(self) {
        words::yield_to(VcpuId(self.0));
    }

    pub fn is_preempted(self) -> bool {
        words::is_preempted(VcpuId(self.0))
    }

    pub fn node(self) -> u32 {
        words::node(VcpuId(self.0))
    }

    pub fn kick(self) {
        words::kick(VcpuId(self.0));
    }
}

/// Plain memory that more than one vCPU reaches; the algorithm says why that is no race.
pub struct Cell<T>(UnsafeCell<T>);

impl<T> Cell<T> {
    pub fn new(v: T) -> Self {
        Self(UnsafeCell::new(v))
    }

    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        words::load(self.0.get() as usize);
        f(self.0.get())
    }

    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        words::store(self.0.get() as usize);
        f(self.0.get())
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The host twin of the kernel's primitives, over loom or `core`.
//!
//! The twin promises no more than the kernel does, so what loom proves here holds there: a
//! failed [`Atomic::cmpxchg`] orders nothing, and `Full` is a pair of full fences. loom shows
//! neither load buffering nor dependencies, and three threads are the practical limit.
#![expect(missing_docs, reason = "`primitive/x86.rs` documents the same words")]

extern crate std;

#[cfg(loom)]
#[path = "host/halted.rs"]
mod halted;
#[path = "host/per_vcpu.rs"]
mod per_vcpu;
#[path = "host/rcu.rs"]
mod rcu;

#[cfg(not(loom))]
use core::sync::atomic as raw;
#[cfg(loom)]
use loom::{
    sync::atomic as raw,
    thread, //
};
use raw::{
    fence,
    Ordering as Raw, //
};
#[cfg(not(loom))]
use std::thread;

pub use self::per_vcpu::{here, keep, on, undisturbed, wander, Mine, PerVcpu};
pub use self::rcu::{grace, rcu};
#[cfg(loom)]
pub use loom::cell::UnsafeCell as Cell;

/// loom runs too few sections for more.
pub const TICKETS_TO_WRAP: u32 = if cfg!(loom) { 1 } else { 100 };
/// loom has one for each of two threads; a third shares one.
pub const VCPU_SLOTS: usize = if cfg!(loom) { 2 } else { 16 };

pub struct Relaxed;
pub struct Acquire;
pub struct Release;
pub struct Full;

/// Orderings a read-modify-write may ask for.
pub trait Ordering {
    #[doc(hidden)]
    const RAW: Raw;
    #[doc(hidden)]
    const FULL: bool = false;
}
/// Orderings a load may ask for.
pub trait AcquireOrRelaxed: Ordering {}
/// Orderings a store may ask for.
pub trait ReleaseOrRelaxed: Ordering {}

impl Ordering for Relaxed {
    const RAW: Raw = Raw::Relaxed;
}
impl Ordering for Acquire {
    const RAW: Raw = Raw::Acquire;
}
impl Ordering for Release {
    const RAW: Raw = Raw::Release;
}
impl Ordering for Full {
    const RAW: Raw = Raw::AcqRel;
    const FULL: bool = true;
}
impl AcquireOrRelaxed for Relaxed {}
impl AcquireOrRelaxed for Acquire {}
impl ReleaseOrRelaxed for Relaxed {}
impl ReleaseOrRelaxed for Release {}

/// Runs `op`, fenced on both sides if `O` is [`Full`].
fn fenced<O: Ordering, R>(op: impl FnOnce() -> R) -> R {
    if O::FULL {
        fence(Raw::SeqCst);
    }
    let r = op();
    if O::FULL {
        fence(Raw::SeqCst);
    }
    r
}

/// A memory location shared between threads.
pub struct Atomic<T: AtomicType>(T::Cell);

/// Types an [`Atomic`] may hold.
pub trait AtomicType: Copy {
    #[doc(hidden)]
    type Cell: AtomicCell<Self>;
}

#[doc(hidden)]
pub trait AtomicCell<T>: Sized {
    fn new(v: T) -> Self;
    fn load(&self, o: Raw) -> T;
    fn store(&self, v: T, o: Raw);
    fn swap(&self, v: T, o: Raw) -> T;
    fn compare_exchange(&self, old: T, new: T, ok: Raw, err: Raw) -> Result<T, T>;
}
#[doc(hidden)]
pub trait AtomicAdd<T>: AtomicCell<T> {
    fn fetch_add(&self, v: T, o: Raw) -> T;
    fn fetch_sub(&self, v: T, o: Raw) -> T;
}

macro_rules! cell {
    ($t:ty, $c:ty $(, $g:ident)?) => {
        impl$(<$g>)? AtomicType for $t {
            type Cell = $c;
        }
        impl$(<$g>)? AtomicCell<$t> for $c {
            fn new(v: $t) -> Self {
                <$c>::new(v)
            }
            fn load(&self, o: Raw) -> $t {
                <$c>::load(self, o)
            }
            fn store(&self, v: $t, o: Raw) {
                <$c>::store(self, v, o)
            }
            fn swap(&self, v: $t, o: Raw) -> $t {
                <$c>::swap(self, v, o)
            }
            fn compare_exchange(&self, old: $t, new: $t, ok: Raw, err: Raw) -> Result<$t, $t> {
                <$c>::compare_exchange(self, old, new, ok, err)
            }
        }
    };
}
macro_rules! int {
    ($($t:ty: $c:ty),*) => {$(
        cell!($t, $c);
        impl AtomicAdd<$t> for $c {
            fn fetch_add(&self, v: $t, o: Raw) -> $t {
                <$c>::fetch_add(self, v, o)
            }
            fn fetch_sub(&self, v: $t, o: Raw) -> $t {
                <$c>::fetch_sub(self, v, o)
            }
        }
    )*};
}
int!(
    i32: raw::AtomicI32,
    u32: raw::AtomicU32,
    i64: raw::AtomicI64,
    u64: raw::AtomicU64,
    usize: raw::AtomicUsize
);
cell!(bool, raw::AtomicBool);
cell!(*mut T, raw::AtomicPtr<T>, T);

impl<T: AtomicType> Atomic<T> {
    pub fn new(v: T) -> Self {
        Self(T::Cell::new(v))
    }
    pub fn load<O: AcquireOrRelaxed>(&self, _: O) -> T {
        self.0.load(O::RAW)
    }
    pub fn store<O: ReleaseOrRelaxed>(&self, v: T, _: O) {
        self.0.store(v, O::RAW)
    }
    pub fn xchg<O: Ordering>(&self, v: T, _: O) -> T {
        fenced::<O, _>(|| self.0.swap(v, O::RAW))
    }
    pub fn cmpxchg<O: Ordering>(&self, old: T, new: T, _: O) -> Result<T, T> {
        fenced::<O, _>(|| self.0.compare_exchange(old, new, O::RAW, Raw::Relaxed))
    }
}

impl<T: AtomicType + Default> Default for Atomic<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: AtomicType> Atomic<T>
where
    T::Cell: AtomicAdd<T>,
{
    pub fn add(&self, v: T, _: Relaxed) {
        self.0.fetch_add(v, Raw::Relaxed);
    }
    pub fn fetch_add<O: Ordering>(&self, v: T, _: O) -> T {
        fenced::<O, _>(|| self.0.fetch_add(v, O::RAW))
    }
    pub fn fetch_sub<O: Ordering>(&self, v: T, _: O) -> T {
        fenced::<O, _>(|| self.0.fetch_sub(v, O::RAW))
    }
}

/// Orders all earlier accesses before all later ones, between threads.
pub fn smp_mb() {
    fence(Raw::SeqCst);
}

/// Lets another thread run; for loom, a hint that this one cannot make progress.
///
/// Two waiters could take turns for ever while the holder waits to be scheduled, and loom would
/// follow them. After a few rounds of one wait-loop it is asked to branch no further, which
/// leaves the rest of that execution to its fair scheduler.
pub fn cpu_relax() {
    #[cfg(loom)]
    SPINS.with(|spins| {
        spins.set(spins.get() + 1);
        if spins.get() > SPINS_EXPLORED {
            loom::skip_branch();
        }
    });
    thread::yield_now();
}

/// How many rounds of waiting a thread may do in one execution before loom stops branching.
#[cfg(loom)]
const SPINS_EXPLORED: u32 = 3;

#[cfg(loom)]
loom::thread_local! {
    static SPINS: core::cell::Cell<u32> = core::cell::Cell::new(0);
}

/// Nanoseconds since some moment in the past; loom's threads need no time.
pub fn stamp() -> u64 {
    #[cfg(loom)]
    return 1;
    #[cfg(not(loom))]
    std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |time| time.as_nanos() as u64)
}

/// On the host a vCPU is a thread; it has the first number that no other living thread has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vcpu(u32);

impl Vcpu {
    /// Returns the thread the caller is.
    pub fn current() -> Self {
        NUMBER.with(|number| {
            let number = number.get().unwrap_or_else(|| {
                let new = enlist();
                number.set(Some(new));
                new
            });
            Self(number)
        })
    }

    pub fn number(self) -> u32 {
        self.0
    }

    pub fn numbered(number: u32) -> Option<Self> {
        ((number as usize) < THREADS.lock().unwrap().len()).then_some(Self(number))
    }

    /// Parks the calling thread if `*word` is `value`; may return early.
    ///
    /// A kick between the load and the park is not lost: it then returns at once, as a halt does
    /// for an interrupt that came while interrupts were off. A kick orders what was done before it
    /// for the thread that it wakes.
    pub fn halt_while(word: &Atomic<u32>, value: u32) {
        if word.load(Relaxed) == value {
            #[cfg(loom)]
            halted::halt(Self::current().0);
            #[cfg(not(loom))]
            thread::park();
        }
    }

    /// Gives way to `self`, or to any other thread.
    pub fn yield_to(self) {
        cpu_relax();
    }

    /// Whether `self` is preempted; in loom every other call returns that it is.
    pub fn is_preempted(self) -> bool {
        #[cfg(loom)]
        return PREEMPTED.with(|answer| answer.replace(!answer.get()));
        #[cfg(not(loom))]
        return false;
    }

    /// The NUMA node that [`on_node`] put the thread on; 0 if it did not.
    pub fn node(self) -> u32 {
        let threads = THREADS.lock().unwrap();
        threads.get(self.0 as usize).map_or(0, |(_, node)| *node)
    }

    /// Unparks `self`.
    pub fn kick(self) {
        let thread = THREADS.lock().unwrap().get(self.0 as usize).cloned();
        let thread = thread.map(|(thread, _)| thread);
        #[cfg(loom)]
        let thread = thread.filter(|_| halted::kick(self.0));
        if let Some(thread) = thread {
            thread.unpark();
        }
    }
}

/// Gives the calling thread a number.
fn enlist() -> u32 {
    let me = (thread::current(), 0);
    let mut threads = THREADS.lock().unwrap();
    #[cfg(not(loom))]
    if let Some(number) = LEFT.lock().unwrap().pop() {
        threads[number as usize] = me;
        return number;
    }
    threads.push(me);
    threads.len() as u32 - 1
}

/// Puts the calling thread on NUMA node `node`.
pub fn on_node(node: u32) {
    let Vcpu(number) = Vcpu::current();
    if let Some((_, mine)) = THREADS.lock().unwrap().get_mut(number as usize) {
        *mine = node;
    }
}

// Threads and their nodes. Numbering is no part of the algorithm, so loom explores no order in it: a mutex
// of `std`.
#[cfg(loom)]
loom::lazy_static! {
    static ref THREADS: std::sync::Mutex<std::vec::Vec<(thread::Thread, u32)>> = Default::default();
}
#[cfg(loom)]
loom::thread_local! {
    static NUMBER: core::cell::Cell<Option<u32>> = core::cell::Cell::new(None);
    static PREEMPTED: core::cell::Cell<bool> = core::cell::Cell::new(true);
}
#[cfg(not(loom))]
static THREADS: std::sync::Mutex<std::vec::Vec<(thread::Thread, u32)>> =
    std::sync::Mutex::new(std::vec::Vec::new());
/// The numbers of threads that have ended.
#[cfg(not(loom))]
static LEFT: std::sync::Mutex<std::vec::Vec<u32>> = std::sync::Mutex::new(std::vec::Vec::new());
#[cfg(not(loom))]
std::thread_local! {
    static NUMBER: Number = const { Number(core::cell::Cell::new(None)) };
}

/// The number of a thread, which another may have once the thread has ended: a table of vCPUs has a size.
#[cfg(not(loom))]
struct Number(core::cell::Cell<Option<u32>>);

#[cfg(not(loom))]
impl core::ops::Deref for Number {
    type Target = core::cell::Cell<Option<u32>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[cfg(not(loom))]
impl Drop for Number {
    fn drop(&mut self) {
        LEFT.lock().unwrap().extend(self.0.get());
    }
}

/// Plain memory that more than one thread reaches; the algorithm says why that is no race.
#[cfg(not(loom))]
pub struct Cell<T>(core::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> Cell<T> {
    pub fn new(v: T) -> Self {
        Self(core::cell::UnsafeCell::new(v))
    }
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

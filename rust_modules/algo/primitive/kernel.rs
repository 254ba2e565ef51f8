// SPDX-License-Identifier: GPL-2.0

//! The primitives in the kernel: its memory model, and the hypervisor's vCPUs.

#![expect(unsafe_code, reason = "halting, kicking and RCU are C")]

#[cfg_attr(any(outline, not(target_arch = "x86_64")), path = "outline.rs")]
#[cfg_attr(not(any(outline, not(target_arch = "x86_64"))), path = "x86.rs")]
mod inline;
#[path = "kernel/per_vcpu.rs"]
mod per_vcpu;

mod helpers {
    #![allow(
        dead_code,
        missing_docs,
        non_camel_case_types,
        non_upper_case_globals,
        unreachable_pub,
        clippy::all,
        reason = "generated"
    )]
    include!(env!("SLOWPATH_HELPERS"));
}

use core::cell::UnsafeCell;

pub use self::inline::{
    cpu_relax,
    smp_mb,
    Atomic, //
};
pub use self::per_vcpu::{
    here,
    keep,
    Mine,
    PerVcpu, //
};
pub use kernel::sync::atomic::ordering::{
    Acquire,
    Full,
    Ordering,
    Relaxed,
    Release, //
};

/// Tickets that a ticket lock gives out before they wrap around.
pub const TICKETS_TO_WRAP: u32 = 100;

/// Slots of a lock that has one for each vCPU, a power of two. Guests with more vCPUs share them; a
/// lock is made on the stack, which has no room for as many as there may ever be.
pub const VCPU_SLOTS: usize = 16;

/// Plain memory that more than one vCPU reaches; the algorithm says why that is no race.
pub struct Cell<T>(UnsafeCell<T>);

impl<T> Cell<T> {
    /// Creates the cell.
    #[inline]
    pub const fn new(v: T) -> Self {
        Self(UnsafeCell::new(v))
    }

    /// Hands out the contents for reading.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Hands out the contents for writing.
    #[inline]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// Returns the time stamp counter, which runs alike on all vCPUs.
///
/// The processor may read it a little before what stands ahead of it is done.
#[inline(always)]
pub fn stamp() -> u64 {
    // SAFETY: Every processor of this architecture has the instruction, and it touches nothing.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// A vCPU, by the number of its CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vcpu(u32);

impl Vcpu {
    /// Returns the vCPU that the caller runs on; it stays true while preemption is off.
    #[inline]
    pub fn current() -> Self {
        Self(inline::current_cpu())
    }

    /// Returns the number of its CPU.
    #[inline]
    pub fn number(self) -> u32 {
        self.0
    }

    /// Returns the vCPU of a CPU's number; `None` if there is no such CPU.
    #[inline]
    pub fn numbered(number: u32) -> Option<Self> {
        (number < kernel::cpu::nr_cpu_ids()).then_some(Self(number))
    }

    /// Halts the calling vCPU unless `*word` is no longer `value`; may return early.
    ///
    /// Interrupts are off from the load to the halt, so a kick in between ends the halt at once.
    /// Interrupts and preemption: the former must be on, the latter may be off.
    #[inline]
    pub fn halt_while(word: &Atomic<u32>, value: u32) {
        // SAFETY: `Atomic<u32>` is a transparent `u32`, live for as long as `word`.
        unsafe { helpers::slowpath_halt_while(core::ptr::from_ref(word).cast(), value) };
    }

    /// Gives the caller's CPU to this vCPU if it waits for one and the hypervisor offers that;
    /// else pauses.
    #[inline]
    pub fn yield_to(self) {
        // SAFETY: The number is that of a CPU, as `current` and `numbered` see to.
        unsafe { helpers::slowpath_yield_to(self.0) };
    }

    /// Whether the hypervisor says that this vCPU is not running though it could; `false` where
    /// it says nothing. Old news when it is returned.
    #[inline]
    pub fn is_preempted(self) -> bool {
        // SAFETY: As above.
        unsafe { helpers::slowpath_vcpu_is_preempted(self.0) }
    }

    /// Returns the NUMA node of its CPU.
    #[inline]
    pub fn node(self) -> u32 {
        // SAFETY: As above.
        let node = unsafe { helpers::slowpath_node_of(self.0) };
        // The kernel has no node for a CPU of which the firmware says nothing.
        u32::try_from(node).unwrap_or(0)
    }

    /// Ends a halt of this vCPU. The store that the waiter waits for must be before this, by
    /// [`Full`], or by an exchange, which on this machine is.
    #[inline]
    pub fn kick(self) {
        // SAFETY: The number is that of a CPU, as `current` and `numbered` see to.
        unsafe { helpers::slowpath_kick(self.0) };
    }
}

/// Runs `work` on one vCPU, with interrupts off; only an NMI still comes.
#[inline]
pub fn undisturbed<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: Undone below, on the same task.
    let flags = unsafe { helpers::slowpath_irq_save() };
    let r = work();
    // SAFETY: Undoes what was done above.
    unsafe { helpers::slowpath_irq_restore(flags) };
    r
}

/// Runs `read` as a reader: what [`grace`] is waited for to free stays there until it returns. It
/// must not sleep. Readers never wait, and may be nested.
#[inline(always)]
pub fn rcu<R>(read: impl FnOnce() -> R) -> R {
    // SAFETY: Undone below, on the same task.
    unsafe { helpers::slowpath_rcu_read_lock() };
    let r = read();
    // SAFETY: Undoes what was done above.
    unsafe { helpers::slowpath_rcu_read_unlock() };
    r
}

/// Waits until every reader that began before is done. What a reader did before happens before the
/// return, and what the caller did before happens before any reader that begins later. It sleeps;
/// never called by a reader, or with preemption off.
pub fn grace() {
    // SAFETY: Called where it may sleep.
    unsafe { kernel::bindings::synchronize_rcu() };
}

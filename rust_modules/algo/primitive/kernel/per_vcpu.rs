// SPDX-License-Identifier: GPL-2.0

//! A per-CPU word, changed by single instructions relative to `gs`.
//!
//! After `arch/x86/include/asm/percpu.h`. An instruction is not split by an interrupt, by an NMI
//! or by preemption, so on one's own vCPU it needs no `lock`. Between two of them the task may
//! move: a decision by the first is committed by a [`cmpxchg`](Mine::cmpxchg), which compares
//! the word that is there.

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    alloc::AllocError,
    bindings,
    sync::atomic::ordering::Ordering, //
};

use super::{
    inline,
    Acquire,
    Atomic, //
};

/// A word on each vCPU, zero at first. Only its own vCPU may write it; any may read.
///
/// # Invariants
///
/// The pointer came from the kernel's per-CPU allocator, with room for an aligned `i64`.
pub struct PerVcpu(NonNull<i64>);

// SAFETY: Every access is one instruction that the machine does not tear.
unsafe impl Send for PerVcpu {}
// SAFETY: As above.
unsafe impl Sync for PerVcpu {}

impl PerVcpu {
    /// What one costs, in bytes on each vCPU.
    pub const BYTES: usize = size_of::<i64>();

    /// Allocates the words; the kernel knows how many vCPUs there may ever be.
    pub fn new() -> Result<Self, AllocError> {
        let (size, align) = (size_of::<i64>(), align_of::<i64>());
        // SAFETY: May be called from any task that may sleep.
        let words = unsafe {
            bindings::pcpu_alloc_noprof(
                size,
                align,
                false,
                bindings::GFP_KERNEL | bindings::__GFP_NOWARN,
            )
        };
        // INVARIANT: They were just allocated, with that size.
        NonNull::new(words.cast()).map(Self).ok_or(AllocError)
    }

    /// Returns one more than the highest number that a vCPU may have.
    pub fn vcpus(&self) -> u32 {
        kernel::cpu::nr_cpu_ids()
    }

    /// Returns the way to the word of this vCPU, for an algorithm that needs it more than once.
    #[inline(always)]
    pub fn mine(&self) -> Mine<'_> {
        Mine(self.0, PhantomData)
    }

    /// Adds `v` to the word of this vCPU.
    #[inline(always)]
    pub fn add(&self, v: i64) {
        // SAFETY: The word is there on each vCPU, by the invariant; `gs` leads to this one's.
        unsafe {
            kernel::asm!("addq {v}, %gs:({p})"; p = in(reg) self.0.as_ptr(), v = in(reg) v,
                options(nostack))
        };
    }

    /// Reads the word of any vCPU; of one that there cannot be, zero. Pairs with the release of what
    /// wrote the word, if that was one.
    pub fn of(&self, vcpu: u32) -> i64 {
        self.dead(vcpu).map_or(0, |word| word.load(Acquire))
    }

    /// Returns the word of a vCPU that runs nothing until the caller is done with the word; what
    /// is written to one that runs something may be lost. None if there cannot be such a vCPU.
    pub fn dead(&self, vcpu: u32) -> Option<&Atomic<i64>> {
        let possible = &raw const bindings::__cpu_possible_mask;
        // SAFETY: The kernel's own mask is valid for ever and no longer changes.
        let possible = unsafe { &(*possible).bits };
        let word = possible.get((vcpu / u64::BITS) as usize)?;
        if word.wrapping_shr(vcpu % u64::BITS) & 1 == 0 {
            return None;
        }
        let offsets = &raw const bindings::__per_cpu_offset;
        // SAFETY: The kernel sets the offsets of all possible vCPUs before there are modules.
        let offsets = unsafe { &*offsets };
        let offset = *offsets.get(vcpu as usize)?;
        let word = self.0.as_ptr().wrapping_byte_add(offset);
        // SAFETY: The word of a possible vCPU is live as long as `self`, by the invariant, and
        // `Atomic<i64>` is a transparent `i64`.
        Some(unsafe { &*word.cast::<Atomic<i64>>() })
    }
}

/// The way to the word of the vCPU that one is on, wherever that is each time.
#[derive(Clone, Copy)]
pub struct Mine<'a>(NonNull<i64>, PhantomData<&'a PerVcpu>);

impl Mine<'_> {
    /// Reads the word.
    #[inline(always)]
    pub fn get(self) -> i64 {
        let v;
        // SAFETY: The word is there on each vCPU, by the invariant of `PerVcpu`; `gs` leads to
        // this one's.
        unsafe {
            kernel::asm!("movq %gs:({p}), {v}"; p = in(reg) self.0.as_ptr(), v = lateout(reg) v,
                options(nostack, preserves_flags))
        };
        v
    }

    /// Writes `new` if `old` is there; returns what was there. It orders the accesses of one vCPU
    /// among themselves, which is what any ordering asks for here.
    #[inline(always)]
    pub fn cmpxchg<O: Ordering>(self, old: i64, new: i64, _: O) -> Result<i64, i64> {
        let was: i64;
        // SAFETY: As in `get`.
        unsafe {
            kernel::asm!("cmpxchgq {n}, %gs:({p})"; p = in(reg) self.0.as_ptr(),
                n = in(reg) new, inout("rax") old => was, options(nostack))
        };
        if was == old {
            Ok(was)
        } else {
            Err(was)
        }
    }
}

impl Drop for PerVcpu {
    fn drop(&mut self) {
        // SAFETY: It came from that allocator, by the invariant, and has no other user any more.
        unsafe { bindings::free_percpu(self.0.as_ptr().cast()) };
    }
}

/// Returns the number of the vCPU that this runs on; it may be another one at any time.
#[inline(always)]
pub fn here() -> u32 {
    inline::current_cpu()
}

/// Needs `v` in a register, and nothing else.
#[inline(always)]
pub fn keep(v: i64) {
    // SAFETY: There is no instruction.
    unsafe { kernel::asm!("/* {v} */"; v = in(reg) v, options(nostack, preserves_flags)) };
}

// SPDX-License-Identifier: GPL-2.0

//! Per-vCPU slots of a lock, each on a cache line of its own, found by the number of the vCPU.
//!
//! `Lock::new` gets no memory, so the slots are in the lock itself and their number is fixed: two vCPUs
//! whose numbers agree modulo [`VCPU_SLOTS`] share one, and every access is atomic. The kernel's per-CPU
//! memory has a word for each vCPU, which only its own vCPU writes, by instructions without `lock`.

use crate::prelude::*;

#[repr(align(64))]
struct Slot<T>(T);

/// A `T` for each vCPU.
pub(super) struct Slots<T>([Slot<T>; VCPU_SLOTS]);

impl<T> Slots<T> {
    #[inline]
    pub(super) fn new(make: impl Fn() -> T) -> Self {
        Self(core::array::from_fn(|_| Slot(make())))
    }

    /// Returns the slot of the vCPU that the caller runs on. It stays valid if the caller migrates.
    #[inline(always)]
    pub(super) fn mine(&self) -> &T {
        let Self(slots) = self;
        &slots[Vcpu::current().number() as usize % VCPU_SLOTS].0
    }

    /// Returns all slots, always in the same order.
    #[inline]
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|slot| &slot.0)
    }
}

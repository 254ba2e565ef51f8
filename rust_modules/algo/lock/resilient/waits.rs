// SPDX-License-Identifier: GPL-2.0

//! Table of the vCPUs that wait for a lock, a bit each.
//!
//! The rows of all locks together say what each vCPU waits for, as the kernel's per-CPU tables do. They are
//! kept by lock, so that a thread that looks for a deadlock reads one bit of each lock that it holds.

use crate::prelude::*;

/// Bits of a word.
const BITS: u32 = u32::BITS;
/// Words of the table: 256 vCPUs. Those beyond are never seen to wait.
const WORDS: usize = 8;

/// The vCPUs that wait for one lock.
pub(crate) struct Waits([Atomic<u32>; WORDS]);

impl Waits {
    pub(super) fn new() -> Self {
        Self(core::array::from_fn(|_| Atomic::new(0)))
    }

    /// The word and the bit of a vCPU.
    fn of(&self, vcpu: u32) -> Option<(&Atomic<u32>, u32)> {
        let word = self.0.get((vcpu / BITS) as usize)?;
        Some((word, 1 << (vcpu % BITS)))
    }

    /// `vcpu`, which is the caller's, begins to wait.
    pub(super) fn begin(&self, vcpu: u32) {
        if let Some((word, bit)) = self.of(vcpu) {
            // Pairs with the acquire in `has`: a thread that sees the bit sees what this one released before.
            // And `Full` with itself: of two threads that wait for each other, one at least sees the other.
            word.fetch_add(bit, Full);
        }
    }

    /// It waits no longer. It took the lock, or gave up.
    pub(super) fn end(&self, vcpu: u32) {
        if let Some((word, bit)) = self.of(vcpu) {
            // Comes before the release of the lock, which orders it for the next that takes it, and so for
            // all that may ask: they hold the lock.
            word.fetch_sub(bit, Relaxed);
        }
    }

    /// Whether `vcpu` waits. The caller holds the lock, so the answer stays true unless that vCPU gives up.
    pub(super) fn has(&self, vcpu: u32) -> bool {
        // Pairs with the exchange in `begin`.
        let waits = |(word, bit): (&Atomic<u32>, u32)| word.load(Acquire) & bit != 0;
        self.of(vcpu).is_some_and(waits)
    }
}

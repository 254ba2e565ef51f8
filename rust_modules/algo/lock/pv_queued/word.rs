// SPDX-License-Identifier: GPL-2.0

//! The word of `pv_queued`: the holder of the lock, and the state of the first waiter.
//!
//! ```text
//!   31          19   18      17       16      15     0
//!    overtakes     spins   halted   pending   holder     holder: its vCPU's number plus one; 0 is free
//! ```
//!
//! ```text
//!   no waiter ──first──▶ pending ──▶ pending, spins ──threshold is over─▶ pending, halted
//!                           ▲              ▲                                     │
//!                           └──freed: kick─┼─────────────────────────────────────┘
//! ```

use crate::prelude::*;

/// A value of the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word(pub(super) u32);

const HOLDER: u32 = 0xffff;
/// There is a first waiter.
const PENDING: u32 = 1 << 16;
/// It is halted; the holder that frees the lock kicks it.
const HALTED: u32 = 1 << 17;
/// It spins on the word.
const SPINS: u32 = 1 << 18;
/// One section that began past the first waiter.
const OVERTAKE: u32 = 1 << 19;
const MOST_OVERTAKES: u32 = u32::MAX / OVERTAKE;

impl Word {
    /// Free, without waiters.
    pub(super) const FREE: Self = Self(0);

    /// Held, without waiters. A vCPU whose number does not fit counts as running always.
    #[inline]
    pub(super) fn held_by(vcpu: Vcpu) -> Self {
        Self(vcpu.number().wrapping_add(1).min(HOLDER))
    }

    /// The vCPU that holds it.
    pub(super) fn holder(self) -> Option<Vcpu> {
        match self.0 & HOLDER {
            0 | HOLDER => None,
            number => Vcpu::numbered(number.wrapping_sub(1)),
        }
    }

    pub(super) fn is_free(self) -> bool {
        self.0 & HOLDER == 0
    }

    pub(super) fn pending(self) -> bool {
        self.0 & PENDING != 0
    }

    pub(super) fn halted(self) -> bool {
        self.0 & HALTED != 0
    }

    pub(super) fn spins(self) -> bool {
        self.0 & SPINS != 0
    }

    /// Free; the first waiter, if it was halted, is about to be kicked.
    pub(super) fn freed(self) -> Self {
        Self(self.0 & !(HOLDER | HALTED))
    }

    /// There is a first waiter, and nothing is known of it yet.
    pub(super) fn with_pending(self) -> Self {
        Self(self.0 | PENDING)
    }

    /// The first waiter spins.
    pub(super) fn with_spins(self) -> Self {
        Self(self.0 & !HALTED | PENDING | SPINS)
    }

    /// The first waiter is halted.
    pub(super) fn with_halted(self) -> Self {
        Self(self.0 & !SPINS | PENDING | HALTED)
    }

    /// Held by the holder of `mine`, which may take it past a first waiter up to `overtakes` times.
    pub(super) fn stolen_by(self, mine: Self, overtakes: u32) -> Option<Self> {
        if !self.is_free() {
            return None;
        }
        if !self.pending() {
            return Some(Self(self.0 | mine.0));
        }
        let so_far = self.0 / OVERTAKE;
        (so_far < overtakes.min(MOST_OVERTAKES))
            .then(|| Self(self.0.wrapping_add(OVERTAKE) | mine.0))
    }
}

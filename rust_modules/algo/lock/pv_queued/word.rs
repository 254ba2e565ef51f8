// SPDX-License-Identifier: GPL-2.0

//! The word of `pv_queued`: who holds the lock, and what is known of the first waiter.
//!
//! ```text
//!   31          19   18      17       16      15     0
//!    overtakes     looks   halted   pending   holder     holder: its vCPU's number plus one; 0 is free
//! ```
//!
//! ```text
//!   nobody ──first──▶ pending ──▶ pending, looks ──patience is over──▶ pending, halted
//!                        ▲              ▲                                     │
//!                        └──freed: kick─┼─────────────────────────────────────┘
//! ```

use crate::prelude::*;

/// A value of the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word(pub(super) u32);

const HOLDER: u32 = 0xffff;
/// There is a first waiter.
const PENDING: u32 = 1 << 16;
/// It is halted; whoever frees the lock kicks it.
const HALTED: u32 = 1 << 17;
/// It is there, and looks at the word.
const LOOKS: u32 = 1 << 18;
/// One section that began past the first waiter.
const OVERTAKE: u32 = 1 << 19;
const MOST_OVERTAKES: u32 = u32::MAX / OVERTAKE;

impl Word {
    /// Nobody holds it, nobody waits.
    pub(super) const FREE: Self = Self(0);

    /// Held, nobody waits. A vCPU whose number does not fit is held to be running always.
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

    pub(super) fn looks(self) -> bool {
        self.0 & LOOKS != 0
    }

    /// Free; the first waiter, if it was halted, is about to be kicked.
    pub(super) fn freed(self) -> Self {
        Self(self.0 & !(HOLDER | HALTED))
    }

    /// There is a first waiter, and nothing is known of it yet.
    pub(super) fn with_pending(self) -> Self {
        Self(self.0 | PENDING)
    }

    /// The first waiter looks.
    pub(super) fn with_looks(self) -> Self {
        Self(self.0 & !HALTED | PENDING | LOOKS)
    }

    /// The first waiter is halted.
    pub(super) fn with_halted(self) -> Self {
        Self(self.0 & !LOOKS | PENDING | HALTED)
    }

    /// Held by the holder of `mine`, who may take it past a first waiter up to `overtakes` times.
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

// SPDX-License-Identifier: GPL-2.0

//! The word of `resilient`: the holder of the lock, and whether a first waiter is there.
//!
//! ```text
//!   31       17      16      15     0
//!    unused       pending     holder     holder: its vCPU's number plus one; 0 is free
//! ```

use crate::prelude::*;

/// A value of the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(pub(super) u32);

const HOLDER: u32 = 0xffff;
/// There is a first waiter: no other thread takes the lock.
const PENDING: u32 = 1 << 16;

impl Word {
    /// Free, without waiters.
    pub(super) const FREE: Self = Self(0);

    /// Held, without waiters. All vCPUs whose numbers do not fit are one.
    #[inline]
    pub(super) fn held_by(vcpu: Vcpu) -> Self {
        Self(vcpu.number().wrapping_add(1).min(HOLDER))
    }

    /// The number of the vCPU that holds it.
    pub(super) fn holder(self) -> Option<u32> {
        match self.0 & HOLDER {
            0 | HOLDER => None,
            number => Some(number.wrapping_sub(1)),
        }
    }

    pub(super) fn is_free(self) -> bool {
        self.0 & HOLDER == 0
    }

    /// Whether there is a first waiter.
    pub(super) fn pending(self) -> bool {
        self.0 & PENDING != 0
    }

    /// There is a first waiter.
    pub(super) fn with_pending(self) -> Self {
        Self(self.0 | PENDING)
    }

    /// There is none, for all that is known.
    pub(super) fn without_pending(self) -> Self {
        Self(self.0 & !PENDING)
    }
}

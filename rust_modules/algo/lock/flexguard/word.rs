// SPDX-License-Identifier: GPL-2.0

//! The word of `flexguard`: the holder of the lock, and how waiters wait for it to be freed.
//!
//! ```text
//!   31       18      17      16     15     0
//!    unused       halted   block    holder     holder: its vCPU's number plus one; 0 is free
//! ```
//!
//! A free lock has no flag: the mode ends with the section that it began in.

use crate::prelude::*;

/// A value of the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word(pub(super) u32);

const HOLDER: u32 = 0xffff;
/// A waiter saw that this section does not run: all waiters halt.
const BLOCK: u32 = 1 << 16;
/// The first waiter is halted; the holder that frees the lock kicks it.
const HALTED: u32 = 1 << 17;

impl Word {
    /// Free.
    pub(super) const FREE: Self = Self(0);

    /// Held, in the mode in which waiters spin. A vCPU whose number does not fit counts as running always.
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

    /// The same section, without its flags.
    pub(super) fn section(self) -> Self {
        Self(self.0 & HOLDER)
    }

    pub(super) fn is_free(self) -> bool {
        self.0 & HOLDER == 0
    }

    pub(super) fn blocks(self) -> bool {
        self.0 & BLOCK != 0
    }

    pub(super) fn halted(self) -> bool {
        self.0 & HALTED != 0
    }

    /// All waiters halt until the section ends.
    pub(super) fn with_block(self) -> Self {
        Self(self.0 | BLOCK)
    }

    /// The first waiter is halted.
    pub(super) fn with_halted(self) -> Self {
        Self(self.0 | HALTED)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Weak random numbers from the clock, without state; Knuth 6.4, multiplicative hashing.

use crate::prelude::*;

/// Returns 31 bits.
#[inline]
pub(crate) fn weak_random() -> u32 {
    (now_ns().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as u32
}

/// Returns a number below `bound`, 0 if that is 0.
pub(crate) fn weak_random_below(bound: usize) -> usize {
    (weak_random() as usize).checked_rem(bound).unwrap_or(0)
}

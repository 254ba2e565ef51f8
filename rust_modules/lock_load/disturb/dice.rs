// SPDX-License-Identifier: GPL-2.0

//! Numbers that need not be good.

use rig::now_ns;

/// Returns 31 bits that the clock gives; multiplicative hashing, Knuth 6.4.
#[inline]
pub(super) fn roll() -> u32 {
    (now_ns().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as u32
}

/// Returns a number below `sides`, 0 if there are none.
pub(super) fn below(sides: usize) -> usize {
    (roll() as usize).checked_rem(sides).unwrap_or(0)
}

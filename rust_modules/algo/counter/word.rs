// SPDX-License-Identifier: GPL-2.0

//! What a vCPU holds back, and the low half of what it ever counted, in one word.
//!
//! ```text
//!   63          32 31           0
//!  ┌──────────────┬──────────────┐      word = carried · 2³² + held, held signed
//!  │   carried    │     held     │      counted = carried + held, modulo 2³²
//!  └──────────────┴──────────────┘
//! ```
//! To hold more is to add to the word; to carry it over is to move it from the lower half to the
//! upper one, which leaves what was counted as it is. So the sum of what the words counted is
//! exact whatever is being carried, and it is known modulo 2³²; the central count, which is off
//! by far less than 2³¹, tells the rest.

use crate::prelude::*;

/// What all of them may hold back together, so that the central count tells the rest.
const MOST: u32 = 1 << 30;

/// The threshold, or the highest at which the words still tell the sum.
pub(super) fn allowed(lanes: &PerVcpu, threshold: u32) -> u32 {
    let most = MOST.checked_div(lanes.vcpus()).unwrap_or(1);
    threshold.min(most).max(1)
}

/// What is held back.
#[inline(always)]
pub(super) fn held(word: i64) -> i64 {
    i64::from(word as i32)
}

/// Whether `held` is less than `threshold`, up or down; `threshold` is at least 1.
#[inline(always)]
pub(super) fn within(held: i64, threshold: u32) -> bool {
    // In one comparison: from 1 - threshold to threshold - 1, moved up to begin at zero.
    let most = i64::from(threshold).wrapping_sub(1);
    (held.wrapping_add(most) as u64) <= (most as u64).wrapping_mul(2)
}

/// The word once `carried`, which is what is held and what is added now, has been carried over.
#[inline(always)]
pub(super) fn carry(word: i64, carried: i64) -> i64 {
    word.wrapping_sub(held(word))
        .wrapping_add(carried.wrapping_shl(32))
}

/// What was counted, modulo 2³².
fn counted(word: i64) -> u32 {
    let held = held(word);
    ((word.wrapping_sub(held) >> 32) as u32).wrapping_add(held as u32)
}

/// What all vCPUs counted, given a number that is off by less than 2³¹.
pub(super) fn sum(lanes: &PerVcpu, about: i64) -> i64 {
    let low = (0..lanes.vcpus()).fold(0u32, |sum, vcpu| sum.wrapping_add(counted(lanes.of(vcpu))));
    let off = low.wrapping_sub(about as u32) as i32;
    about.wrapping_add(i64::from(off))
}

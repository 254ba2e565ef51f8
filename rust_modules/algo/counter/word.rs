// SPDX-License-Identifier: GPL-2.0

//! Words of a sloppy counter, one on each vCPU: what the vCPU holds back, and the low half of what it
//! ever counted.
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
//! by far less than 2³¹, gives the upper half. It is read before the words and after them, since a
//! reader may be preempted for as long as others need to add 2³¹.

use crate::prelude::*;

/// What all vCPUs may hold back together on one level, so that the central count gives the upper half:
/// [`Hierarchical`](super::Hierarchical) has two, and as much in hand.
const MOST: u32 = 1 << 28;
/// By less than this the central count may change while the words are read.
const NEAR: u64 = 1 << 29;

/// The words of all vCPUs.
pub(super) struct Words(pub(super) PerVcpu);

impl Words {
    /// Returns how many vCPUs there may be.
    pub(super) fn vcpus(&self) -> u32 {
        self.0.vcpus()
    }

    /// Returns the threshold, or the highest with which the sum is exact.
    pub(super) fn allowed(&self, threshold: u32) -> u32 {
        let most = MOST.checked_div(self.vcpus()).unwrap_or(1);
        threshold.min(most).max(1)
    }

    /// Adds `n` to the word of this vCPU if that then holds back less than `threshold`; false if not,
    /// or if the word changed meanwhile, or the task migrated.
    #[inline(always)]
    pub(super) fn hold(&self, n: i64, threshold: u32) -> bool {
        let mine = self.0.mine();
        let word = mine.get();
        let all = held(word).wrapping_add(n);
        within(all, threshold) && mine.cmpxchg(word, word.wrapping_add(n), Relaxed).is_ok()
    }

    /// Returns what `vcpu` holds back.
    pub(super) fn held(&self, vcpu: u32) -> i64 {
        held(self.0.of(vcpu))
    }

    /// Marks as carried over what `vcpu` held back, which is offline and runs nothing meanwhile;
    /// returns how much that is.
    pub(super) fn carry_dead(&self, vcpu: u32) -> i64 {
        let Some(word) = self.0.dead(vcpu) else {
            return 0;
        };
        let seen = word.load(Relaxed);
        let held = held(seen);
        // No other vCPU writes it: a failure means that the vCPU is alive, and keeps its own.
        match word.cmpxchg(seen, carry(seen, held), Relaxed) {
            Ok(_) => held,
            Err(_) => 0,
        }
    }

    /// Returns what all vCPUs counted, given a central count that is off by less than 2³⁰.
    pub(super) fn sum(&self, central: &Atomic<i64>) -> i64 {
        // Pairs with the release of those who carry over: the words are no older than this.
        let mut about = central.load(Acquire);
        loop {
            let words = (0..self.vcpus()).map(|vcpu| counted(self.0.of(vcpu)));
            let low = words.fold(0, u32::wrapping_add);
            // As above; it is no older than the words, which were acquired too.
            let now = central.load(Acquire);
            if now.abs_diff(about) < NEAR {
                let off = low.wrapping_sub(about as u32) as i32;
                return about.wrapping_add(i64::from(off));
            }
            about = now;
        }
    }
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

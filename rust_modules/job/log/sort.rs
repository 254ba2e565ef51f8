// SPDX-License-Identifier: GPL-2.0

//! Heapsort in place, which needs no memory and, unlike the sort of `core`, cannot panic.
//!
//! Williams, "Algorithm 232: Heapsort", 1964.

use core::{
    mem::swap,
    ops::Range, //
};

/// Sorts `ranges` by where they begin.
pub(super) fn sort(ranges: &mut [Range<u64>]) {
    for root in (0..ranges.len() / 2).rev() {
        sift(ranges, root, ranges.len());
    }
    for end in (1..ranges.len()).rev() {
        exchange(ranges, 0, end);
        sift(ranges, 0, end);
    }
}

/// Moves what is at `at` down below what is greater, in the heap that ends at `end`.
fn sift(heap: &mut [Range<u64>], mut at: usize, end: usize) {
    loop {
        let left = at.wrapping_mul(2).wrapping_add(1);
        let children = left..left.wrapping_add(2).min(end);
        let Some(most) = children.max_by_key(|&child| start(heap, child)) else {
            return;
        };
        if start(heap, most) <= start(heap, at) {
            return;
        }
        exchange(heap, at, most);
        at = most;
    }
}

fn start(ranges: &[Range<u64>], at: usize) -> u64 {
    ranges.get(at).map_or(0, |range| range.start)
}

/// Exchanges two entries, the second behind the first.
fn exchange(ranges: &mut [Range<u64>], first: usize, second: usize) {
    let Some((before, after)) = ranges.split_at_mut_checked(second) else {
        return;
    };
    if let (Some(one), Some(other)) = (before.get_mut(first), after.first_mut()) {
        swap(one, other);
    }
}

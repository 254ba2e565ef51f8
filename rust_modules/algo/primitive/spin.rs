// SPDX-License-Identifier: GPL-2.0

//! Spin loops.
//!
//! A *look* is a few loads and no more: so the simulator's twin, in `sim.rs`, need not repeat one
//! before a word that it loads from is written.

use super::cpu_relax;

/// Looks until a look returns true, with a pause and a call of `sample` after each that does not.
#[inline(always)]
pub fn spin_until(look: impl Fn() -> bool, sample: impl Fn()) {
    while !look() {
        cpu_relax();
        sample();
    }
}

/// As [`spin_until`], but looks `looks` times at most. Returns how many looks were left when one
/// returned true; `None` if none did.
#[inline(always)]
pub fn spin_for(looks: u32, look: impl Fn() -> bool, sample: impl Fn()) -> Option<u32> {
    let mut left = looks;
    while left > 0 {
        left = left.wrapping_sub(1);
        if look() {
            return Some(left);
        }
        cpu_relax();
        sample();
    }
    None
}

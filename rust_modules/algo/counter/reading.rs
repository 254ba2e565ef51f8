// SPDX-License-Identifier: GPL-2.0

//! An approximate value with its bound.

use core::cmp::Ordering;

/// An approximate value and its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The value that was read.
    pub value: i64,
    /// The count was no farther from it than this, and what additions then under way add.
    pub bound: u64,
}

impl Reading {
    /// Compares the count with `value`, if the bound decides.
    pub fn compare(&self, value: i64) -> Option<Ordering> {
        (self.value.abs_diff(value) > self.bound).then(|| self.value.cmp(&value))
    }
}

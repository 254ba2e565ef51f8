// SPDX-License-Identifier: GPL-2.0

//! Sums of counts of a report, which may be damaged.

/// The sum, or the largest number where it is larger.
pub fn total(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

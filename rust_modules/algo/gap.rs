// SPDX-License-Identifier: GPL-2.0

//! Gap: an interval in which a vCPU did not run, and the longest gaps of a wait.

use core::cell::Cell;

/// Gaps of a wait that are kept. A wait is long because of few gaps, each of them long.
pub const GAPS: usize = 4;

/// Interval in which a vCPU did not run; times are [stamps](crate::primitive::stamp).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// The last time that it is known to have run before.
    pub from: u64,
    /// The first time after that.
    pub until: u64,
}

impl Gap {
    /// Returns its length; 0 if it ends before it begins.
    #[inline]
    pub fn length(&self) -> u64 {
        self.until.saturating_sub(self.from)
    }

    /// Returns the last `ticks` of it.
    #[inline]
    pub fn last(&self, ticks: u64) -> Self {
        Self {
            from: self.from.max(self.until.saturating_sub(ticks)),
            until: self.until,
        }
    }

    /// Returns the part of it that lies within `other`.
    #[inline]
    pub fn within(&self, other: &Self) -> Self {
        Self {
            from: self.from.max(other.from),
            until: self.until.min(other.until),
        }
    }
}

/// The longest gaps, in no order.
#[derive(Default)]
pub(crate) struct LongestGaps([Cell<Gap>; GAPS]);

impl LongestGaps {
    /// Removes all.
    pub(crate) fn clear(&self) {
        self.0.iter().for_each(|gap| gap.set(Gap::default()));
    }

    /// Adds a gap, in place of the shortest if that is shorter.
    pub(crate) fn add(&self, gap: Gap) {
        let shortest = self.0.iter().min_by_key(|kept| kept.get().length());
        if let Some(kept) = shortest.filter(|kept| kept.get().length() < gap.length()) {
            kept.set(gap);
        }
    }

    /// Returns them; those that there were not have no length.
    pub(crate) fn get(&self) -> [Gap; GAPS] {
        self.0.each_ref().map(Cell::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(from: u64, until: u64) -> Gap {
        Gap { from, until }
    }

    #[test]
    fn longest_gaps_are_kept() {
        let gaps = LongestGaps::default();
        let lengths = [30, 10, 50, 20, 5, 40];
        lengths
            .iter()
            .for_each(|&length| gaps.add(gap(100, 100 + length)));
        let mut kept = gaps.get().map(|gap| gap.length());
        kept.sort_unstable();
        assert_eq!(kept, [20, 30, 40, 50]);
        gaps.clear();
        assert_eq!(gaps.get(), [Gap::default(); GAPS]);
    }

    #[test]
    fn last_part_is_no_longer_than_the_gap() {
        assert_eq!(gap(100, 200).last(30), gap(170, 200));
        assert_eq!(gap(100, 200).last(300), gap(100, 200));
    }

    #[test]
    fn part_outside_of_an_interval_has_no_length() {
        let all = gap(100, 200);
        assert_eq!(gap(50, 150).within(&all), gap(100, 150));
        assert_eq!(gap(150, 250).within(&all).length(), 50);
        assert_eq!(gap(200, 300).within(&all).length(), 0);
        assert_eq!(gap(300, 400).within(&all).length(), 0);
    }
}

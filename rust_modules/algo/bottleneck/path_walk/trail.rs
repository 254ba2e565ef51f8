// SPDX-License-Identifier: GPL-2.0

//! What a walk has seen, and whether that can have been.
//!
//! The levels below the first are renamed in turn, so how often a directory has moved tells between
//! which two renames that was so. A walk takes its steps one after the other; so there has to be a
//! moment for each, none of them earlier than that of the step before, nor than the walk's beginning,
//! nor later than its end. That is what the kernel promises of a walk: each step is right when it
//! is taken (`Documentation/filesystems/path-lookup.rst`), though the whole path may never have
//! been there at once.

/// The steps of a walk so far.
pub struct Trail {
    /// Levels that are renamed in turn.
    levels: u64,
    /// Renames that were over before.
    began: u64,
    /// The earliest that the last step can have been, in renames.
    at: u64,
    steps: u64,
    possible: bool,
}

impl Trail {
    /// Begins a walk after so many `renames` of the `levels`.
    #[inline]
    pub fn new(levels: u32, renames: u64) -> Self {
        Self {
            levels: levels.into(),
            began: renames,
            at: renames,
            steps: 0,
            possible: true,
        }
    }

    /// Begins anew, since what was seen is given up.
    #[inline]
    pub fn restart(&mut self) {
        (self.at, self.steps, self.possible) = (self.began, 0, true);
    }

    /// Notes a step from directory `from` to `to`, which has moved so often.
    #[inline]
    pub fn note(&mut self, from: u32, to: u32, moves: u64) {
        // Moved an even number of times, it is on its own side.
        let crossed = (from ^ to) & 1;
        let until = moves.wrapping_mul(self.levels).wrapping_add(self.steps);
        // The rename of that number made it so; before the first there was none.
        let since = match moves {
            0 => 0,
            _ => until.wrapping_sub(self.levels).wrapping_add(1),
        };
        self.at = self.at.max(since);
        self.possible &= u64::from(crossed) == moves & 1 && self.at <= until;
        self.steps = self.steps.wrapping_add(1);
    }

    /// Whether the walk can have seen that; so many `renames` are over by now.
    #[inline]
    pub fn possible(&self, renames: u64) -> bool {
        // One more may be under way.
        self.possible && self.steps == self.levels && self.at <= renames.wrapping_add(1)
    }
}

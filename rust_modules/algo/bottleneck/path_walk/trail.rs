// SPDX-License-Identifier: GPL-2.0

//! The steps of a walk, and whether they are possible.
//!
//! The levels below the first are renamed in turn, so the number of moves of a directory dates a
//! step between two renames. A walk takes its steps one after the other; so there must be a moment
//! for each, none earlier than that of the step before, nor than the start of the walk, nor later
//! than its end. The kernel promises no more: each step is right when it is taken
//! (`Documentation/filesystems/path-lookup.rst`), though the whole path may never have existed.

/// The steps of a walk so far.
pub struct Trail {
    /// Levels that are renamed in turn.
    levels: u64,
    /// Renames that were over before the walk.
    began: u64,
    /// The earliest possible moment of the last step, in renames.
    at: u64,
    steps: u64,
    possible: bool,
}

impl Trail {
    /// Begins a walk after `renames` renames of `levels` levels.
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

    /// Discards the steps.
    #[inline]
    pub fn restart(&mut self) {
        (self.at, self.steps, self.possible) = (self.began, 0, true);
    }

    /// Records a step from directory `from` to `to`, which has moved `moves` times.
    #[inline]
    pub fn note(&mut self, from: u32, to: u32, moves: u64) {
        // After an even number of moves it is on its own side.
        let crossed = (from ^ to) & 1;
        let until = moves.wrapping_mul(self.levels).wrapping_add(self.steps);
        // The rename of that number put it there; before the first there was none.
        let since = match moves {
            0 => 0,
            _ => until.wrapping_sub(self.levels).wrapping_add(1),
        };
        self.at = self.at.max(since);
        self.possible &= u64::from(crossed) == moves & 1 && self.at <= until;
        self.steps = self.steps.wrapping_add(1);
    }

    /// Returns whether the steps are possible; `renames` renames are over by now.
    #[inline]
    pub fn possible(&self, renames: u64) -> bool {
        // One more may be under way.
        self.possible && self.steps == self.levels && self.at <= renames.wrapping_add(1)
    }
}

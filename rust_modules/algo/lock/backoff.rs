// SPDX-License-Identifier: GPL-2.0

//! Bounded exponential backoff: each failed attempt doubles the pause before the next one.
//!
//! Anderson, "The Performance of Spin Lock Alternatives for Shared-Memory Multiprocessors", 1990.

use crate::prelude::*;

/// The pauses of one wait.
pub(super) struct Backoff<'a> {
    me: &'a Waiter,
    rounds: u32,
    most: u32,
}

impl<'a> Backoff<'a> {
    /// Begins with the shortest pause; [`Tuning::backoff`](crate::Tuning) is the longest.
    #[inline]
    pub(super) fn new(me: &'a Waiter) -> Self {
        Self {
            me,
            rounds: 1,
            most: me.tuning.backoff.max(1),
        }
    }

    /// Pauses, the next time twice as long.
    #[inline]
    pub(super) fn pause(&mut self) {
        self.me.spin_for(self.rounds, || false);
        self.rounds = self.rounds.saturating_mul(2).min(self.most);
    }
}

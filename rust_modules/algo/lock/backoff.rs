// SPDX-License-Identifier: GPL-2.0

//! Bounded exponential backoff: the more often an attempt failed, the longer the pause.
//!
//! Anderson, "The Performance of Spin Lock Alternatives for Shared-Memory Multiprocessors", 1990.

use crate::{
    primitive::cpu_relax,
    Waiter, //
};

/// The pauses of one wait.
pub(super) struct Backoff {
    rounds: u32,
    most: u32,
}

impl Backoff {
    /// Begins with the shortest pause; [`Tuning::backoff`](crate::Tuning) is the longest.
    #[inline]
    pub(super) fn new(me: &Waiter) -> Self {
        Self {
            rounds: 1,
            most: me.tuning.backoff.max(1),
        }
    }

    /// Pauses, the next time twice as long.
    #[inline]
    pub(super) fn pause(&mut self) {
        for _ in 0..self.rounds {
            cpu_relax();
        }
        self.rounds = self.rounds.saturating_mul(2).min(self.most);
    }
}

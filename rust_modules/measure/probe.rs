// SPDX-License-Identifier: GPL-2.0

//! Probe points of the measured loop: before the lock, and at the first and last step of a section.

use algo::Waiter;

/// What is called at each probe point. `done` counts the sections of the batch before this one.
pub trait Probe {
    /// Whether it times sections: its thread then runs them itself, since it is of that thread alone.
    const TIMES: bool = true;

    /// Before a lock that does not report contention.
    fn before_acquire(&self, me: &Waiter);

    /// Returns whether the section that begins is left untimed.
    fn skips(&self, me: &Waiter) -> bool;

    /// The last step of an untimed section.
    fn end_skipped(&self, me: &Waiter, done: u64);

    /// The first step of a timed section; returns the time.
    fn begin_timed(&self, me: &Waiter, done: u64) -> u64;

    /// The last step of a section that began at `entered`.
    fn end_timed(&self, entered: u64);
}

/// No sampler: `histograms=off`.
pub struct Unsampled;

impl Probe for Unsampled {
    const TIMES: bool = false;

    #[inline(always)]
    fn before_acquire(&self, _: &Waiter) {}

    #[inline(always)]
    fn skips(&self, _: &Waiter) -> bool {
        true
    }

    #[inline(always)]
    fn end_skipped(&self, _: &Waiter, _: u64) {}

    #[inline]
    fn begin_timed(&self, _: &Waiter, _: u64) -> u64 {
        0
    }

    #[inline]
    fn end_timed(&self, _: u64) {}
}

// SPDX-License-Identifier: GPL-2.0

//! Where a section is looked at: before the lock, at the first step within, and at the last.

use algo::Waiter;

/// Somebody who looks on while a thread goes through sections.
pub(crate) trait Probe {
    /// The thread is about to ask for a lock that does not say when it has to wait.
    fn arrive(&self, me: &Waiter);

    /// The thread is in a section, its first step being this; it has `done` others in this batch.
    /// What is returned is for [`leave`](Probe::leave).
    fn enter(&self, me: &Waiter, done: u64) -> u64;

    /// The thread's last step in the section.
    fn leave(&self, entered: u64);
}

/// Nobody looks on.
pub(crate) struct Blind;

impl Probe for Blind {
    #[inline(always)]
    fn arrive(&self, _: &Waiter) {}

    #[inline(always)]
    fn enter(&self, _: &Waiter, _: u64) -> u64 {
        0
    }

    #[inline(always)]
    fn leave(&self, _: u64) {}
}

// SPDX-License-Identifier: GPL-2.0

//! Where a section is looked at: before the lock, at the first step within, and at the last.

use algo::Waiter;

/// Somebody who looks on while a thread goes through sections.
pub(crate) trait Probe {
    /// The thread is about to ask for a lock that does not say when it has to wait.
    fn arrive(&self, me: &Waiter);

    /// Whether the section that begins may pass without a look.
    fn passes(&self, me: &Waiter) -> bool;

    /// The last step of a section that passed; the thread had `done` others in this batch before.
    fn passed(&self, me: &Waiter, done: u64);

    /// The first step of one that does not, with as many before. What is returned is for
    /// [`leave`](Probe::leave).
    fn enter(&self, me: &Waiter, done: u64) -> u64;

    /// And the last one.
    fn leave(&self, entered: u64);
}

/// Nobody looks on.
pub(crate) struct Blind;

impl Probe for Blind {
    #[inline(always)]
    fn arrive(&self, _: &Waiter) {}

    #[inline(always)]
    fn passes(&self, _: &Waiter) -> bool {
        true
    }

    #[inline(always)]
    fn passed(&self, _: &Waiter, _: u64) {}

    fn enter(&self, _: &Waiter, _: u64) -> u64 {
        0
    }

    fn leave(&self, _: u64) {}
}

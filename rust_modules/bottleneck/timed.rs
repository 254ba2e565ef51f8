// SPDX-License-Identifier: GPL-2.0

//! Lock that reports each acquisition, so that waits for it are timed.

use algo::{
    lock::Lock,
    Waiter, //
};

/// The lock `L`, timed.
pub(crate) struct Timed<L>(L);

impl<L: Lock> Lock for Timed<L> {
    const REPORTS_CONTENTION: bool = L::REPORTS_CONTENTION;
    const SLEEPS: bool = L::SLEEPS;

    #[inline]
    fn new() -> Self {
        Self(L::new())
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        if !L::REPORTS_CONTENTION {
            me.wait_clock.begin(0);
        }
        self.0.with(me, || {
            me.wait_clock.acquired();
            body()
        })
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        self.0.try_with(me, || {
            me.wait_clock.acquired();
            body()
        })
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A lock that says when it was had, so that waits for it are timed.

use algo::{
    lock::{
        Lock,
        PvQueued,
        Ticket, //
    },
    Waiter, //
};

/// The spinlock that the documents' kernels had.
pub(crate) type Old = Timed<Ticket>;
/// The spinlock that a guest has today.
pub(crate) type Today = Timed<PvQueued>;

/// The lock `L`, which says when it was had.
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

// SPDX-License-Identifier: GPL-2.0

//! Mutual exclusion, one algorithm per file.

mod backoff;
mod busted;
mod clh;
mod empty;
mod mcs;
mod preemptable_ticket;
mod pv_byte;
mod pv_queued;
mod pv_ticket;
mod tas;
mod ticket;
mod ttas;

pub use self::{
    busted::Busted,
    clh::Clh,
    empty::Empty,
    mcs::Mcs,
    preemptable_ticket::PreemptableTicket,
    pv_byte::PvByte,
    pv_queued::PvQueued,
    pv_ticket::PvTicket,
    tas::Tas,
    ticket::Ticket,
    ttas::Ttas, //
};

use crate::Waiter;

/// The first ticket of a lock that has tickets: they wrap around soon, in every run and every test.
/// For the same reason the kernel's clock does, five minutes after boot: `INITIAL_JIFFIES`.
pub const FIRST_TICKET: u32 = u32::MAX - 99;

/// A lock, bare: it guards no data and knows no scheduler.
///
/// The caller keeps the thread on its vCPU for as long as [`with`](Lock::with) runs, unless the
/// lock [`SLEEPS`](Lock::SLEEPS).
pub trait Lock: Sync {
    /// The name of the algorithm, the part of a load's name before the slash.
    const NAME: &'static str;
    /// Whether the lock promises to exclude.
    const EXCLUDES: bool = true;
    /// Whether the lock promises to serve in order of arrival.
    const FIFO: bool = false;
    /// Whether [`try_with`](Lock::try_with) ever takes the lock.
    const TRIES: bool = true;
    /// Whether it says [`Waiter::begin_wait`]; of one that does not it is not known who had to wait.
    const REPORTS_CONTENTION: bool = true;
    /// Whether waiting gives the CPU to another task, which preemption must be on for.
    const SLEEPS: bool = false;

    /// Creates the lock, free.
    fn new() -> Self;

    /// Runs `body` while holding the lock; `me` is the calling thread.
    ///
    /// A closure instead of `lock` and `unlock` keeps a queue node on the stack for exactly as
    /// long as it is linked, so that a user of any lock writes no `unsafe`.
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R;

    /// Runs `body` while holding the lock if it can be had without waiting; `None` if not. It may
    /// miss a lock that became free meanwhile, but not one that was free all the time.
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R>;
}

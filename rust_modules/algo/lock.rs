// SPDX-License-Identifier: GPL-2.0

//! Mutual exclusion, one algorithm per file; `abi/lock_load/locks.rs` lists them with their facts.

mod backoff;
mod boosted;
mod bravo;
mod brlock;
mod clh;
mod cna;
mod delegation;
mod empty;
mod fissile;
mod flexguard;
mod halting_node;
mod hemlock;
mod mcs;
mod percpu;
mod phase_fair;
mod preemptable_ticket;
mod pv_byte;
mod pv_queued;
mod pv_ticket;
mod queue;
mod raw;
mod reciprocating;
mod resilient;
mod shfl;
mod slots;
mod tas;
mod ticket;

pub(crate) use self::resilient::HeldLocks;
pub use self::{
    boosted::Boosted,
    bravo::Bravo,
    brlock::BrLock,
    clh::Clh,
    cna::Cna,
    delegation::Delegation,
    empty::{
        Busted,
        BustedReaders,
        Empty, //
    },
    fissile::Fissile,
    flexguard::FlexGuard,
    hemlock::{
        Grant,
        Hemlock, //
    },
    mcs::Mcs,
    percpu::PerCpu,
    phase_fair::PhaseFair,
    preemptable_ticket::PreemptableTicket,
    pv_byte::PvByte,
    pv_queued::PvQueued,
    pv_ticket::PvTicket,
    raw::RawLock,
    reciprocating::Reciprocating,
    resilient::{
        Failed,
        Resilient, //
    },
    shfl::{
        Running,
        SameNode,
        Shfl, //
    },
    tas::{
        Tas,
        Ttas, //
    },
    ticket::Ticket, //
};

use crate::prelude::*;

/// First ticket of a ticket lock, shortly before the wrap-around, so that every run passes it; the
/// kernel's `INITIAL_JIFFIES` does the same.
pub const FIRST_TICKET: u32 = 0u32.wrapping_sub(TICKETS_TO_WRAP);

/// A bare lock: it guards no data and knows no scheduler.
///
/// The caller keeps the thread on its vCPU for as long as [`with`](Lock::with) runs, unless the
/// lock [`SLEEPS`](Lock::SLEEPS).
pub trait Lock: Sync {
    /// Whether a waiter calls [`Waiter::begin_wait`]; if not, the caller cannot see contention.
    const REPORTS_CONTENTION: bool = true;
    /// Whether a waiter sleeps, so that the caller has to leave preemption and interrupts on.
    const SLEEPS: bool = false;
    /// Whether [`delegate`](Lock::delegate) runs sections on other threads.
    const DELEGATES: bool = false;
    /// Whether it has a read side: [`with_shared`](Lock::with_shared) lets readers in together.
    const SHARES: bool = false;

    /// Creates the lock, free.
    fn new() -> Self;

    /// Creates the lock, free, of a level for the kernel's lockdep: locks of several levels are nested
    /// in ascending order, and one of level 0, as [`new`](Lock::new) creates it, in all others.
    fn of_level(level: u32) -> Self
    where
        Self: Sized,
    {
        let _ = level;
        Self::new()
    }

    /// Runs `body` while holding the lock; `me` is the calling thread.
    ///
    /// A closure instead of `lock` and `unlock` keeps a queue node on the stack for exactly as
    /// long as it is linked, so that a user of any lock writes no `unsafe`.
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R;

    /// Runs `body` as a reader: other readers may be inside, but no thread in [`with`](Lock::with).
    /// A lock without a read side takes it exclusively. A thread reads once at a time.
    #[inline]
    fn with_shared<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.with(me, body)
    }

    /// Runs `body` while holding the lock if it can be had without waiting; `None` if not. It may
    /// miss a lock that became free meanwhile, but not one that was free all the time.
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R>;

    /// Runs `body` while holding the lock, perhaps on another thread that holds it, while the caller waits.
    ///
    /// That thread is on another vCPU, and so are its [`Waiter`] and all that belongs to a thread: hence
    /// the bounds, which keep references to them out of `body` and of what it returns. What the caller
    /// did before happens before `body`, and that before the return.
    #[inline]
    fn delegate<R: Send>(&self, me: &Waiter, body: impl FnOnce() -> R + Send) -> R {
        self.with(me, body)
    }
}

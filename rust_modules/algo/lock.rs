// SPDX-License-Identifier: GPL-2.0

//! Mutual exclusion, one algorithm per file.

mod busted;
mod empty;
mod mcs;
mod tas;
mod ticket;
mod ttas;

pub use self::{
    busted::Busted,
    empty::Empty,
    mcs::Mcs,
    tas::Tas,
    ticket::Ticket,
    ttas::Ttas, //
};

use crate::Events;

/// A lock, bare: it guards no data and knows no scheduler.
///
/// The caller keeps the thread on its vCPU for as long as [`with`](Lock::with) runs.
pub trait Lock: Sync {
    /// The name of the algorithm, the part of a load's name before the slash.
    const NAME: &'static str;
    /// Whether the lock promises to exclude.
    const EXCLUDES: bool = true;

    /// Creates the lock, free.
    fn new() -> Self;

    /// Runs `body` while holding the lock; `events` are the calling thread's.
    ///
    /// A closure instead of `lock` and `unlock` keeps a queue node on the stack for exactly as
    /// long as it is linked, so that a user of any lock writes no `unsafe`.
    fn with<R>(&self, events: &Events, body: impl FnOnce() -> R) -> R;
}

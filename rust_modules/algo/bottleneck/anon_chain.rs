// SPDX-License-Identifier: GPL-2.0

//! A family of processes: each child is chained to every ancestor, under the lock of the first.
//!
//! Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: so that a page's users can be found, a
//! fork puts the child on the list of each `anon_vma` that its parent is on, and its exit takes it
//! off. From 2.6.35 on each time the lock of the root was taken, and in 3.0 that became a mutex.
//!
//! | file | the root's lock is taken |
//! |---|---|
//! | `per_link` | for every link, so often as there are ancestors |
//! | `batched` | once for all |
//!
//! Which lock it is, is for whoever makes it to say: a spinlock as in 2.6.35, a mutex as in 3.0,
//! a semaphore as since 3.8. Today's `anon_vma_clone()` is `batched`, and the semaphore.

mod batched;
mod family;
mod per_link;

pub use self::{
    batched::Batched,
    family::{
        Family,
        Seen, //
    },
    per_link::PerLink, //
};
pub use super::list::{
    List,
    Place, //
};

use super::Findings;
use crate::Waiter;

/// Children that come and go.
pub trait Chain: Sync {
    /// The name of the way.
    const NAME: &'static str;

    /// Chains `child`, which is not, to all ancestors; returns to how many.
    fn fork(&self, me: &Waiter, child: u32) -> u32;

    /// Takes `child` off again; returns how many ancestors it was chained to.
    fn exit(&self, me: &Waiter, child: u32) -> u32;

    /// Walks along the list of `ancestor`, looking for `child`.
    fn look(&self, me: &Waiter, child: u32, ancestor: u32) -> Seen;

    /// Tells, once all threads have left and all children are gone, what must be true then.
    fn settle(&self, to: Findings<'_>);
}

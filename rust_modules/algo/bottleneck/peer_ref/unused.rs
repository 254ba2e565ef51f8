// SPDX-License-Identifier: GPL-2.0

//! Interface between the peers and what becomes of unused ones.

use super::Peer;
use crate::bottleneck::prelude::*;

/// How unused peers are kept until a miss frees one.
pub trait Unused: Sync {
    /// Called after a reference to `slot` was got; `before` is the count before that, of a peer
    /// that existed.
    fn got(&self, me: &Waiter, slots: &[Peer], slot: u32, before: Option<u32>);

    /// Puts a reference to the peer in `slot`.
    fn put(&self, me: &Waiter, slots: &[Peer], slot: u32, peer: &Peer);

    /// Frees an unused peer; `chain` is that of the missed address. The lock of the pool is held.
    fn free<'a>(
        &self,
        me: &Waiter,
        slots: &'a [Peer],
        chain: impl Iterator<Item = (u32, &'a Peer)>,
    ) -> Option<u32>;

    /// Returns how many peers are listed, and how often a listed one was put on the list.
    fn listed(&self, slots: &[Peer]) -> (Option<u32>, u32);
}

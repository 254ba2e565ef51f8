// SPDX-License-Identifier: GPL-2.0

//! Lookup and reference counting of peers, for every way to keep unused ones.

use super::{
    Left,
    Peer,
    PeerRef,
    Pool,
    Unused, //
};
use crate::bottleneck::prelude::*;

/// Peers by their addresses.
pub struct Peers<S, B, L, U> {
    pool: Pool<S, B, L>,
    unused: U,
}

impl<S, B, L, U> Peers<S, B, L, U>
where
    S: Storage<Item = Peer>,
    B: Storage<Item = Atomic<u32>>,
    L: Lock,
    U: Unused,
{
    /// Creates the peers of an unused pool.
    pub fn new(pool: Pool<S, B, L>, unused: U) -> Self {
        Self { pool, unused }
    }

    /// Gets a reference to the peer of `address`, which is made if there is none; `None` if all
    /// slots are in use.
    #[inline]
    pub fn get(&self, me: &Waiter, address: u32) -> Option<PeerRef> {
        let slots = self.pool.slots();
        if let Some((peer, before)) = self.pool.find(address) {
            self.unused.got(me, slots, peer.slot, Some(before));
            if peer.address == address {
                return Some(peer);
            }
            self.put(me, peer);
        }
        let free = || self.unused.free(me, slots, self.pool.chain(address));
        let (peer, before) = self.pool.find_or_make(me, address, free)?;
        self.unused.got(me, slots, peer.slot, before);
        Some(peer)
    }

    /// Puts a reference.
    #[inline]
    pub fn put(&self, me: &Waiter, peer: PeerRef) {
        let (slots, slot) = (self.pool.slots(), peer.slot);
        if let Some(peer) = slots.get(slot as usize) {
            self.unused.put(me, slots, slot, peer);
        }
    }

    /// Returns whether the peer is the one that the reference was got to.
    #[inline]
    pub fn is_still(&self, peer: &PeerRef) -> bool {
        self.pool.is_still(peer)
    }

    /// Returns what is left after all threads have left.
    pub fn audit(&self) -> Left {
        let (listed, listed_twice) = self.unused.listed(self.pool.slots());
        Left {
            listed,
            listed_twice,
            ..self.pool.audit()
        }
    }
}

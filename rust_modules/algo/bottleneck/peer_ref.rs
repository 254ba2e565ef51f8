// SPDX-License-Identifier: GPL-2.0

//! Peer cache: looked up by address and reference-counted for every packet.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: with few addresses the count of a
//! `struct inet_peer` keeps flipping between 0 and 1, and each flip moved it to or from a list of
//! unused peers, under one lock. Eric Dumazet removed the list in Linux 3.0.
//!
//! | variant | an unused peer | a miss frees |
//! |---|---|---|
//! | [`Flipping`] | is on a list, under a lock of its own | the oldest on the list |
//! | [`Collected`] | stays where it is | an unused peer that it passes |
//! | [`Busted`] | is on the list, also while it is in use | the oldest on the list |
//!
//! Slots of peers are reused, never freed, so a search needs no lock: one that is led into another
//! chain finds another peer, which it notices, or none, and then searches again under the lock.

mod collected;
mod listed;
mod pool;

use super::prelude::*;

pub use self::{
    collected::Collected,
    listed::{
        Busted,
        Flipping, //
    },
    pool::{
        Peer,
        Pool, //
    }, //
};

/// A reference to a peer.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reference has to be put"]
pub struct PeerRef {
    slot: u32,
    address: u32,
    generation: u32,
}

impl PeerRef {
    /// Returns the address of the peer.
    pub fn address(&self) -> u32 {
        self.address
    }

    /// Returns how often the slot had been used before.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}

/// What is left after all threads have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Slots that were ever used, each of which has a peer.
    pub made: u32,
    /// Peers that can be found; must be all.
    pub findable: u32,
    /// Peers with references; must be none.
    pub referred: u32,
    /// Peers on the list of the unused; must be all where there is a list.
    pub listed: Option<u32>,
    /// How often a listed peer was put on the list; must be never.
    pub listed_twice: u32,
}

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

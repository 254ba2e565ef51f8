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
mod peers;
mod pool;
mod unused;

pub use self::{
    collected::Collected,
    listed::{
        Busted,
        Flipping, //
    },
    peers::Peers,
    pool::{
        Peer,
        Pool, //
    },
    unused::Unused, //
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

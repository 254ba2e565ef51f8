// SPDX-License-Identifier: GPL-2.0

//! What is remembered of an address that packets go to, looked up and counted for every packet.
//!
//! Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: with few addresses the count of a
//! `struct inet_peer` flips between 0 and 1 all the time, and each flip moved it to or from a list
//! of unused peers, under one lock. Eric Dumazet removed the list.
//!
//! | file | where an unused peer is | who frees one |
//! |---|---|---|
//! | `flipping` | on a list, under a lock of its own | who misses, the oldest of the list |
//! | `collected` | where it was | who misses, one that it passes |
//! | `busted` | on the list, also while it is in use | who misses, the oldest of the list |
//!
//! The slots of peers are reused, never given back, so a search needs no lock: one that is led
//! astray finds another peer, which it notices, or none, and then looks again under the lock.

mod busted;
mod collected;
mod flipping;
mod pool;

pub use self::{
    busted::Busted,
    collected::Collected,
    flipping::Flipping,
    pool::{
        Peer,
        Pool, //
    }, //
};

use crate::Waiter;

/// A reference to a peer.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is got has to be put"]
pub struct Held {
    slot: u32,
    address: u32,
    generation: u32,
}

impl Held {
    /// Returns whose peer it is.
    pub fn address(&self) -> u32 {
        self.address
    }

    /// Returns how often its slot had been used before.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}

/// What is left when all threads have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Slots that were ever used, each of which has a peer.
    pub made: u32,
    /// Of them, those that can be found.
    pub findable: u32,
    /// Of them, those with references, of which there should be none.
    pub referred: u32,
    /// Peers that stand on the list of the unused, as all should where there is one.
    pub listed: Option<u32>,
    /// How often one was put on the list that stood there.
    pub listed_twice: u32,
}

/// Peers by their addresses.
pub trait Peers: Sync {
    /// The name of the variant.
    const NAME: &'static str;
    /// Whether a peer in use is promised to stay.
    const KEEPS: bool = true;

    /// Gets a reference to the peer of `address`, and makes it if there is none; `None` if all
    /// slots were in use.
    fn get(&self, me: &Waiter, address: u32) -> Option<Held>;

    /// Puts a reference.
    fn put(&self, me: &Waiter, peer: Held);

    /// Returns whether the peer is what it was when the reference was got.
    fn is_still(&self, peer: &Held) -> bool;

    /// Says what is left; nobody uses them meanwhile.
    fn settle(&self) -> Settled;
}

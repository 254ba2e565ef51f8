// SPDX-License-Identifier: GPL-2.0

//! The slots of peers, and the chains that find them by address.
//!
//! After `net/ipv4/inetpeer.c`, with chains instead of its tree, and slots that remain peers for
//! ever instead of memory that is freed when no lookup is at it.
//!
//! ```text
//!   count   FREED ──make──▶ 1 ◀──get/put──▶ n        0 ──free──▶ FREED
//! ```
//! A slot changes its address and its chain only while its count is [`FREED`], and under the lock.

use super::{
    Left,
    PeerRef, //
};
use crate::bottleneck::{
    list::{
        bump,
        Place,
        Placed, //
    },
    prelude::*,
    Link, //
};

/// In a link: no slot.
const NONE: u32 = u32::MAX;
/// In a count: no peer.
const FREED: u32 = u32::MAX;

/// A slot for a peer.
#[repr(align(64))]
pub struct Peer {
    pub(super) count: Atomic<u32>,
    address: Atomic<u32>,
    generation: Atomic<u32>,
    next: Atomic<u32>,
    /// Its place on the list of unused peers, if there is one.
    unused: Place,
}

impl AsRef<Link> for Peer {
    #[inline(always)]
    fn as_ref(&self) -> &Link {
        self.unused.as_ref()
    }
}

impl Placed for Peer {
    #[inline(always)]
    fn place(&self) -> &Place {
        &self.unused
    }
}

impl Default for Peer {
    fn default() -> Self {
        Self {
            count: Atomic::new(FREED),
            address: Atomic::new(0),
            generation: Atomic::new(0),
            next: Atomic::new(NONE),
            unused: Place::default(),
        }
    }
}

impl Peer {
    /// Gets a reference unless the peer is freed; returns the count before.
    #[inline]
    fn get(&self) -> Option<u32> {
        let mut count = self.count.load(Relaxed);
        while count != FREED {
            // Pairs with the release in `make`: the address is the one it was made for.
            match self.count.cmpxchg(count, count.wrapping_add(1), Acquire) {
                Ok(_) => return Some(count),
                Err(now) => count = now,
            }
        }
        None
    }

    /// Frees the peer unless it is in use; returns whether it did.
    #[inline]
    pub(super) fn free(&self) -> bool {
        // Pairs with the release of each put: all uses are over.
        self.count.load(Relaxed) == 0 && self.count.cmpxchg(0, FREED, Acquire).is_ok()
    }

    /// Frees the peer, in use or not.
    pub(super) fn free_unchecked(&self) -> bool {
        self.count.store(FREED, Relaxed);
        true
    }
}

/// The peers by address; `S` stores them, and `B` the heads of the chains, a power of two of them,
/// made by [`Pool::head`]. Changes of the chains take the lock.
pub struct Pool<S, B, L> {
    slots: S,
    heads: B,
    lock: L,
    made: Atomic<u32>,
}

impl<S: Storage<Item = Peer>, B: Storage<Item = Atomic<u32>>, L: Lock> Pool<S, B, L> {
    /// Creates the pool, without peers.
    pub fn new(slots: S, heads: B) -> Self {
        Self {
            slots,
            heads,
            lock: L::new(),
            made: Atomic::new(0),
        }
    }

    /// Creates the head of an empty chain.
    pub fn head() -> Atomic<u32> {
        Atomic::new(NONE)
    }

    /// Returns the slots.
    #[inline]
    pub(super) fn slots(&self) -> &[Peer] {
        &self.slots
    }

    #[inline]
    fn head_of(&self, address: u32) -> Option<&Atomic<u32>> {
        let mixed = address.wrapping_mul(0x9e37_79b9) >> 16;
        self.heads
            .get(mixed as usize & self.heads.len().wrapping_sub(1))
    }

    /// Returns the slots of the chain of `address`; without the lock they may lead into another.
    #[inline]
    pub(super) fn chain(&self, address: u32) -> impl Iterator<Item = (u32, &Peer)> {
        let mut at = self
            .head_of(address)
            .map_or(NONE, |head| head.load(Relaxed));
        // Bounded: slots that move may lead a search in circles.
        self.slots.iter().map_while(move |_| {
            let (slot, peer) = (at, self.slots.get(at as usize)?);
            at = peer.next.load(Relaxed);
            Some((slot, peer))
        })
    }

    /// Gets a reference to the peer of `address`, if it is found; returns the count before, too.
    /// Without the lock it may be that of another address.
    #[inline]
    pub(super) fn find(&self, address: u32) -> Option<(PeerRef, u32)> {
        let mut chain = self.chain(address);
        let (slot, peer) = chain.find(|(_, peer)| peer.address.load(Relaxed) == address)?;
        let before = peer.get()?;
        Some((self.refer(slot, peer), before))
    }

    /// Describes a reference that was got.
    fn refer(&self, slot: u32, peer: &Peer) -> PeerRef {
        PeerRef {
            slot,
            address: peer.address.load(Relaxed),
            generation: peer.generation.load(Relaxed),
        }
    }

    /// Finds the peer of `address` under the lock, or makes it in a slot that `free` returns.
    /// Returns the count before, too, if it was found.
    #[inline]
    pub(super) fn find_or_make(
        &self,
        me: &Waiter,
        address: u32,
        free: impl FnOnce() -> Option<u32>,
    ) -> Option<(PeerRef, Option<u32>)> {
        self.lock.with(me, || {
            if let Some((peer, before)) = self.find(address) {
                return Some((peer, Some(before)));
            }
            let made = self.made.load(Relaxed);
            let slot = if (made as usize) < self.slots.len() {
                self.made.store(made.wrapping_add(1), Relaxed);
                made
            } else {
                let slot = free()?;
                self.unlink(slot);
                slot
            };
            let peer = self.slots.get(slot as usize)?;
            self.make(slot, peer, address);
            Some((self.refer(slot, peer), None))
        })
    }

    /// Makes a peer of a slot that is freed and in no chain, with one reference.
    fn make(&self, slot: u32, peer: &Peer, address: u32) {
        let Some(head) = self.head_of(address) else {
            return;
        };
        peer.address.store(address, Relaxed);
        bump(&peer.generation);
        peer.next.store(head.load(Relaxed), Relaxed);
        // Pairs with the acquire in `Peer::get`.
        peer.count.store(1, Release);
        head.store(slot, Relaxed);
    }

    /// Removes a slot from its chain.
    fn unlink(&self, slot: u32) {
        let Some(gone) = self.slots.get(slot as usize) else {
            return;
        };
        let address = gone.address.load(Relaxed);
        let next = gone.next.load(Relaxed);
        let Some(head) = self.head_of(address) else {
            return;
        };
        if head.load(Relaxed) == slot {
            return head.store(next, Relaxed);
        }
        let mut chain = self.chain(address);
        if let Some((_, before)) = chain.find(|(_, peer)| peer.next.load(Relaxed) == slot) {
            before.next.store(next, Relaxed);
        }
    }

    /// Returns whether the peer is the one that the reference was got to.
    #[inline]
    pub(super) fn is_still(&self, held: &PeerRef) -> bool {
        self.slots.get(held.slot as usize).is_some_and(|peer| {
            let count = peer.count.load(Relaxed);
            count != FREED
                && count != 0
                && peer.address.load(Relaxed) == held.address
                && peer.generation.load(Relaxed) == held.generation
        })
    }

    /// Returns what is left, except for the list.
    pub(super) fn audit(&self) -> Left {
        let made = self.made.load(Relaxed);
        let count = |is: &dyn Fn(&Peer, u32) -> bool| {
            let peers = self.slots.iter().zip(0..made);
            u32::try_from(peers.filter(|(peer, slot)| is(peer, *slot)).count()).unwrap_or(NONE)
        };
        Left {
            made,
            findable: count(&|peer, slot| {
                let mut chain = self.chain(peer.address.load(Relaxed));
                chain.any(|(at, _)| at == slot)
            }),
            referred: count(&|peer, _| peer.count.load(Relaxed) != 0),
            listed: None,
            listed_twice: 0,
        }
    }
}

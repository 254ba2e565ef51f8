// SPDX-License-Identifier: GPL-2.0

//! Peers that nobody uses stay where they are; who misses one frees another that he passes.
//!
//! Eric Dumazet's fix, merged in Linux 3.0 and still the kernel's way, as Andi Kleen and Tim Chen
//! report in "Linux kernel scaling", 2011: to get and to put a peer is an atomic operation each.

use core::ops::Deref;

use super::{
    Held,
    Peer,
    Peers,
    Pool,
    Settled, //
};
use crate::{
    lock::Lock,
    primitive::{
        Atomic,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// Peers that are collected when another is looked up.
pub struct Collected<S, B, L> {
    pool: Pool<S, B, L>,
    /// Where the search for one to free goes on.
    hand: Atomic<u32>,
}

impl<S, B, L> Collected<S, B, L>
where
    S: Deref<Target = [Peer]>,
    B: Deref<Target = [Atomic<u32>]>,
    L: Lock,
{
    /// Creates it, of a pool that nobody has used.
    pub fn new(pool: Pool<S, B, L>) -> Self {
        Self {
            pool,
            hand: Atomic::new(0),
        }
    }

    /// Frees a peer of the chain of `address`, or else, as slots are not to be had without end,
    /// the next that the hand finds. The lock of the pool is held.
    fn free(&self, address: u32) -> Option<u32> {
        let mut chain = self.pool.chain(address);
        if let Some((slot, _)) = chain.find(|(_, peer)| peer.free()) {
            return Some(slot);
        }
        let slots = self.pool.slots();
        slots.iter().find_map(|_| {
            let slot = self.hand.load(Relaxed);
            let next = slot.wrapping_add(1);
            let round = next as usize >= slots.len();
            self.hand.store(if round { 0 } else { next }, Relaxed);
            slots.get(slot as usize)?.free().then_some(slot)
        })
    }
}

impl<S, B, L> Peers for Collected<S, B, L>
where
    S: Deref<Target = [Peer]> + Sync,
    B: Deref<Target = [Atomic<u32>]> + Sync,
    L: Lock,
{
    const NAME: &'static str = "collected";

    #[inline]
    fn get(&self, me: &Waiter, address: u32) -> Option<Held> {
        if let Some((held, _)) = self.pool.find(address) {
            if held.address == address {
                return Some(held);
            }
            self.put(me, held);
        }
        let (held, _) = self.pool.find_or_make(me, address, || self.free(address))?;
        Some(held)
    }

    #[inline]
    fn put(&self, _: &Waiter, held: Held) {
        if let Some(peer) = self.pool.slot(&held) {
            // Pairs with the acquire in `Peer::free`: what was done with the peer is over.
            peer.count.fetch_sub(1, Release);
        }
    }

    #[inline]
    fn is_still(&self, peer: &Held) -> bool {
        self.pool.is_still(peer)
    }

    fn settle(&self) -> Settled {
        self.pool.settle()
    }
}

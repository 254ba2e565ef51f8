// SPDX-License-Identifier: GPL-2.0

//! Unused peers stay where they are; a miss frees one that it passes.
//!
//! Eric Dumazet's fix in Linux 3.0, still the kernel's way, as Kleen and Chen report in "Linux
//! kernel scaling", 2011: getting and putting a peer is one atomic operation each.

use super::{
    Peer,
    Unused, //
};
use crate::bottleneck::prelude::*;

/// Frees peers as misses pass them.
#[derive(Default)]
pub struct Collected {
    /// Where the next search for an unused slot begins.
    cursor: Atomic<u32>,
}

impl Unused for Collected {
    #[inline]
    fn got(&self, _: &Waiter, _: &[Peer], _: u32, _: Option<u32>) {}

    #[inline]
    fn put(&self, _: &Waiter, _: &[Peer], _: u32, peer: &Peer) {
        // Pairs with the acquire in `Peer::free`: all uses of the peer are over.
        peer.count.fetch_sub(1, Release);
    }

    /// Frees a peer of the chain or else, since slots are limited, the next unused one.
    fn free<'a>(
        &self,
        _: &Waiter,
        slots: &'a [Peer],
        mut chain: impl Iterator<Item = (u32, &'a Peer)>,
    ) -> Option<u32> {
        if let Some((slot, _)) = chain.find(|(_, peer)| peer.free()) {
            return Some(slot);
        }
        slots.iter().find_map(|_| {
            let slot = self.cursor.load(Relaxed);
            let next = slot.wrapping_add(1);
            let wraps = next as usize >= slots.len();
            self.cursor.store(if wraps { 0 } else { next }, Relaxed);
            slots.get(slot as usize)?.free().then_some(slot)
        })
    }

    fn listed(&self, _: &[Peer]) -> (Option<u32>, u32) {
        (None, 0)
    }
}

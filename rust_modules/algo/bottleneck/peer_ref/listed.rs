// SPDX-License-Identifier: GPL-2.0

//! A list of unused peers: a peer enters it when its count drops to zero, and leaves it on a lookup.
//!
//! `inet_putpeer()` and `unlink_from_unused()` of `net/ipv4/inetpeer.c` in Linux 2.6.38, which
//! Kleen and Chen, "Linux kernel scaling", 2011, found memcached to wait for.
//!
//! The count drops to zero only under the list's lock, so it stays zero there: a thread that gets
//! the first reference takes the peer off the list before it puts the reference.
//!
//! [`Busted`] drops the count to zero before it takes the lock, which `atomic_dec_and_lock()`
//! prevents. In between another thread may find the peer, not yet listed, and use it.

use super::{
    Peer,
    Unused, //
};
use crate::bottleneck::{
    list::CheckedList,
    prelude::*,
    Guarded, //
};

/// The list of unused peers.
pub struct Listed<L, const BUSTED: bool>(Guarded<L, CheckedList>);

/// The baseline.
pub type Flipping<L> = Listed<L, false>;
/// Lists peers that are in use, and frees them; the oracle must catch it.
pub type Busted<L> = Listed<L, true>;

impl<L: Lock, const BUSTED: bool> Default for Listed<L, BUSTED> {
    fn default() -> Self {
        Self(Guarded::default())
    }
}

impl<L: Lock, const BUSTED: bool> Unused for Listed<L, BUSTED> {
    /// Takes the peer off the list if it was unused.
    #[inline]
    fn got(&self, me: &Waiter, slots: &[Peer], slot: u32, before: Option<u32>) {
        if before == Some(0) {
            self.0.with(me, |list| list.remove(slots, slot));
        }
    }

    #[inline]
    fn put(&self, me: &Waiter, slots: &[Peer], slot: u32, peer: &Peer) {
        if BUSTED {
            if peer.count.fetch_sub(1, Release) == 1 {
                self.0.with(me, |list| list.push(slots, slot));
            }
            return;
        }
        let mut count = peer.count.load(Relaxed);
        while count > 1 {
            // Pairs with the acquire in `Peer::free`: all uses of the peer are over.
            match peer.count.cmpxchg(count, count.wrapping_sub(1), Release) {
                Ok(_) => return,
                Err(now) => count = now,
            }
        }
        self.0.with(me, |list| {
            // Another thread may have got it meanwhile. Pairs as above.
            if peer.count.fetch_sub(1, Release) == 1 {
                list.push(slots, slot);
            }
        });
    }

    /// Frees the oldest that is still unused; others were got, and wait to leave the list.
    fn free<'a>(
        &self,
        me: &Waiter,
        slots: &'a [Peer],
        _: impl Iterator<Item = (u32, &'a Peer)>,
    ) -> Option<u32> {
        let free = |slot: &u32| {
            let peer = slots.get(*slot as usize);
            peer.is_some_and(if BUSTED {
                Peer::free_unchecked
            } else {
                Peer::free
            })
        };
        self.0.with(me, |list| {
            let slot = list.entries(slots).find(free)?;
            list.remove(slots, slot);
            Some(slot)
        })
    }

    fn listed(&self, slots: &[Peer]) -> (Option<u32>, u32) {
        let list = &self.0.data;
        (Some(list.len(slots)), list.listed_twice())
    }
}

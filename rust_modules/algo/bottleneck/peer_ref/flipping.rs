// SPDX-License-Identifier: GPL-2.0

//! Peers whose count falls to zero go to a list, and leave it when they are looked up again.
//!
//! `inet_putpeer()` and `unlink_from_unused()` of `net/ipv4/inetpeer.c` in Linux 2.6.38, which
//! Andi Kleen and Tim Chen, "Linux kernel scaling", 2011, found memcached to wait for.
//!
//! Zero is reached under the lock of the list alone, so that is where it is known to stay: who
//! gets the first reference takes the peer off the list before he puts it.

use core::ops::Deref;

use super::{
    Held,
    Peer,
    Peers,
    Pool,
    Settled, //
};
use crate::{
    bottleneck::list::List,
    lock::Lock,
    primitive::{
        Atomic,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// The list, and its lock.
#[repr(align(128))]
struct Unused<L> {
    lock: L,
    list: List,
}

/// Peers with a list of those that are not used.
pub struct Flipping<S, B, L> {
    pool: Pool<S, B, L>,
    unused: Unused<L>,
}

impl<S, B, L> Flipping<S, B, L>
where
    S: Deref<Target = [Peer]>,
    B: Deref<Target = [Atomic<u32>]>,
    L: Lock,
{
    /// Creates it, of a pool that nobody has used.
    pub fn new(pool: Pool<S, B, L>) -> Self {
        Self {
            pool,
            unused: Unused {
                lock: L::new(),
                list: List::default(),
            },
        }
    }

    /// Takes the peer off the list if it was not used before.
    #[inline]
    fn took(&self, me: &Waiter, held: Held, before: Option<u32>) -> Held {
        if before == Some(0) {
            let Unused { lock, list } = &self.unused;
            lock.with(me, || list.remove(self.pool.slots(), held.slot));
        }
        held
    }

    /// Frees the oldest that is still unused. Some have been got, and wait to leave the list.
    fn free(&self, me: &Waiter) -> Option<u32> {
        let Unused { lock, list } = &self.unused;
        let slots = self.pool.slots();
        lock.with(me, || {
            let is_unused = |slot: &u32| slots.get(*slot as usize).is_some_and(Peer::free);
            let slot = list.entries(slots).find(is_unused)?;
            list.remove(slots, slot);
            Some(slot)
        })
    }
}

impl<S, B, L> Peers for Flipping<S, B, L>
where
    S: Deref<Target = [Peer]> + Sync,
    B: Deref<Target = [Atomic<u32>]> + Sync,
    L: Lock,
{
    const NAME: &'static str = "flipping";

    #[inline]
    fn get(&self, me: &Waiter, address: u32) -> Option<Held> {
        if let Some((held, before)) = self.pool.find(address) {
            let held = self.took(me, held, Some(before));
            if held.address == address {
                return Some(held);
            }
            self.put(me, held);
        }
        let (held, before) = self.pool.find_or_make(me, address, || self.free(me))?;
        Some(self.took(me, held, before))
    }

    #[inline]
    fn put(&self, me: &Waiter, held: Held) {
        let Some(peer) = self.pool.slot(&held) else {
            return;
        };
        let mut count = peer.count.load(Relaxed);
        while count > 1 {
            // Pairs with the acquire in `Peer::free`: what was done with the peer is over.
            match peer.count.cmpxchg(count, count.wrapping_sub(1), Release) {
                Ok(_) => return,
                Err(now) => count = now,
            }
        }
        self.unused.lock.with(me, || {
            // Others may have got it meanwhile. Pairs as above.
            if peer.count.fetch_sub(1, Release) == 1 {
                self.unused.list.push(self.pool.slots(), held.slot);
            }
        });
    }

    #[inline]
    fn is_still(&self, peer: &Held) -> bool {
        self.pool.is_still(peer)
    }

    fn settle(&self) -> Settled {
        Settled {
            listed: Some(self.unused.list.len(self.pool.slots())),
            listed_twice: self.unused.list.wrong(),
            ..self.pool.settle()
        }
    }
}

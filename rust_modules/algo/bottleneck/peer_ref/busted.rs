// SPDX-License-Identifier: GPL-2.0

//! Zero is reached first and the lock taken then: a peer may be on the list while it is in use.
//!
//! What `atomic_dec_and_lock()` is there to prevent. Between the last reference and the list
//! another thread may look the peer up; it finds the peer not yet listed, and uses it.

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

/// Peers with a list of those that are said not to be used.
pub struct Busted<S, B, L> {
    pool: Pool<S, B, L>,
    unused: Unused<L>,
}

impl<S, B, L> Busted<S, B, L>
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

    fn took(&self, me: &Waiter, held: Held, before: Option<u32>) -> Held {
        if before == Some(0) {
            let Unused { lock, list } = &self.unused;
            lock.with(me, || list.remove(self.pool.slots(), held.slot));
        }
        held
    }

    /// Frees the oldest of the list, without looking whether it is used.
    fn free(&self, me: &Waiter) -> Option<u32> {
        let Unused { lock, list } = &self.unused;
        let slots = self.pool.slots();
        lock.with(me, || {
            let slot = list.entries(slots).next()?;
            slots.get(slot as usize)?.free_blindly();
            list.remove(slots, slot);
            Some(slot)
        })
    }
}

impl<S, B, L> Peers for Busted<S, B, L>
where
    S: Deref<Target = [Peer]> + Sync,
    B: Deref<Target = [Atomic<u32>]> + Sync,
    L: Lock,
{
    const NAME: &'static str = "busted";
    const KEEPS: bool = false;

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

    fn put(&self, me: &Waiter, held: Held) {
        let Some(peer) = self.pool.slot(&held) else {
            return;
        };
        if peer.count.fetch_sub(1, Release) == 1 {
            let Unused { lock, list } = &self.unused;
            lock.with(me, || list.push(self.pool.slots(), held.slot));
        }
    }

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

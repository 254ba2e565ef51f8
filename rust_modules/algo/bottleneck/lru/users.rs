// SPDX-License-Identifier: GPL-2.0

//! Users of an LRU list, and the oracle that checks that each page is on one list.
//!
//! As in Kleen and Chen, "Linux kernel scaling", 2011: threads use pages again and again, and now
//! and then evict one and give it back as a new one. The owner of a page flags it as taken.

use super::Lru;
use crate::bottleneck::prelude::*;

/// What the oracle knows of a page.
#[derive(Default)]
#[repr(align(64))]
pub struct Oracle {
    taken: Atomic<bool>,
    seen: Atomic<u32>,
}

/// Pages and their users.
pub struct Users<U, S> {
    lru: U,
    oracles: S,
}

impl<U: Lru, S: Storage<Item = Oracle>> Users<U, S> {
    /// Creates the users, and inserts all pages; each page has an oracle.
    pub fn new(lru: U, oracles: S, me: &Waiter) -> Self {
        let users = Self { lru, oracles };
        for (page, _) in (0_u32..).zip(users.oracles.iter()) {
            users.lru.add(page, me);
        }
        users
    }

    /// Uses a page.
    #[inline]
    pub fn touch(&self, which: u32, me: &Waiter) {
        let page = which.checked_rem(self.oracles.len() as u32);
        self.lru.touch(page.unwrap_or(0), me);
    }

    /// Evicts a page and gives it back as a new one.
    #[inline]
    pub fn renew(&self, me: &Waiter) -> Checked {
        let Some(page) = self.lru.evict(me) else {
            // There are more pages than threads that could own them.
            return Err("none_left");
        };
        let Some(oracle) = self.oracles.get(page as usize) else {
            return Err("no_page");
        };
        // The previous owner is done with it: both pair with each other.
        let taken = oracle.taken.xchg(true, Full);
        oracle.taken.xchg(false, Full);
        self.lru.add(page, me);
        match taken {
            true => Err("taken_twice"),
            false => Ok(()),
        }
    }

    /// Checks, after all threads have left, that each page is on one list.
    pub fn audit(&self, me: &Waiter, to: Findings<'_>) {
        for oracle in self.oracles.iter() {
            oracle.seen.store(0, Relaxed);
        }
        let mut entries = 0_u64;
        self.lru.walk(me, &mut |page| {
            entries = entries.wrapping_add(1);
            if let Some(oracle) = self.oracles.get(page as usize) {
                let seen = oracle.seen.load(Relaxed).wrapping_add(1);
                oracle.seen.store(seen, Relaxed);
            }
        });
        let once = |oracle: &&Oracle| oracle.seen.load(Relaxed) == 1;
        let on_one = self.oracles.iter().filter(once).count();
        let all = self.oracles.len() as u64;
        to("pages_on_one_list", on_one as u64, all);
        to("entries", entries, all);
    }
}

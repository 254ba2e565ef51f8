// SPDX-License-Identifier: GPL-2.0

//! What threads do to pages, and how it is known that each is on one list.
//!
//! As in Kleen and Chen, "Linux kernel scaling", 2011: pages are used again and again, and now and
//! then one is taken away for something new. Who takes it says so, and gives it back as a new one.

use core::ops::Deref;

use super::Lru;
use crate::{
    bottleneck::{
        Checked,
        Findings, //
    },
    primitive::{
        Atomic,
        Full,
        Relaxed, //
    },
    Waiter, //
};

/// What is known of a page from elsewhere than its list.
#[repr(align(64))]
pub struct Truth {
    /// Somebody has taken it.
    taken: Atomic<bool>,
    seen: Atomic<u32>,
}

impl Truth {
    /// Of a page that nobody has taken.
    pub fn new() -> Self {
        Self {
            taken: Atomic::new(false),
            seen: Atomic::new(0),
        }
    }
}

impl Default for Truth {
    fn default() -> Self {
        Self::new()
    }
}

/// Pages and their users.
pub struct Work<U, S> {
    lru: U,
    truths: S,
}

impl<U: Lru, S: Deref<Target = [Truth]>> Work<U, S> {
    /// Creates the users of the pages, none of which is on a list, and all of which then are. Each
    /// has its truth.
    pub fn new(lru: U, truths: S, me: &Waiter) -> Self {
        let work = Self { lru, truths };
        for (page, _) in (0_u32..).zip(work.truths.iter()) {
            work.lru.add(page, me);
        }
        work
    }

    /// Uses a page.
    #[inline]
    pub fn touch(&self, which: u32, me: &Waiter) {
        let page = which.checked_rem(self.truths.len() as u32);
        self.lru.touch(page.unwrap_or(0), me);
    }

    /// Takes a page, and gives it back as a new one.
    #[inline]
    pub fn renew(&self, me: &Waiter) -> Checked {
        let Some(page) = self.lru.evict(me) else {
            // There are more pages than threads that could have taken them.
            return Err("none_left");
        };
        let Some(truth) = self.truths.get(page as usize) else {
            return Err("no_page");
        };
        // Whoever had it before is done with it: both pair with each other.
        let taken = truth.taken.xchg(true, Full);
        truth.taken.xchg(false, Full);
        self.lru.add(page, me);
        match taken {
            true => Err("taken_twice"),
            false => Ok(()),
        }
    }

    /// Tells, once all threads have left, what must be true of the lists then.
    pub fn settle(&self, me: &Waiter, to: Findings<'_>) {
        for truth in self.truths.iter() {
            truth.seen.store(0, Relaxed);
        }
        let mut entries = 0_u64;
        self.lru.census(me, &mut |page| {
            entries = entries.wrapping_add(1);
            if let Some(truth) = self.truths.get(page as usize) {
                let seen = truth.seen.load(Relaxed).wrapping_add(1);
                truth.seen.store(seen, Relaxed);
            }
        });
        let once = |truth: &&Truth| truth.seen.load(Relaxed) == 1;
        let on_one = self.truths.iter().filter(once).count();
        let all = self.truths.len() as u64;
        to("pages_on_one_list", on_one as u64, all);
        to("entries", entries, all);
    }
}

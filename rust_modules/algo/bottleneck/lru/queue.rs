// SPDX-License-Identifier: GPL-2.0

//! A list of pages and its lock.
//!
//! `zone->lru_lock` of Kleen and Chen, "Linux kernel scaling", 2011, without the distinction between
//! active and inactive pages: a use moves a page to the front.

use super::Page;
use crate::bottleneck::{
    links::List,
    prelude::*,
    Guarded, //
};

/// Pages in LRU order.
pub struct Queue<L>(Guarded<L, List>);

impl<L: Lock> Default for Queue<L> {
    fn default() -> Self {
        Self(Guarded::default())
    }
}

impl<L: Lock> Queue<L> {
    /// Inserts page `id`, which is on no list, at the front.
    #[inline]
    pub(super) fn add(&self, all: &[Page], id: u32, me: &Waiter) {
        if let Some(page) = all.get(id as usize) {
            self.0.with(me, |list| {
                page.listed.store(true, Relaxed);
                list.push(all, id);
            });
        }
    }

    /// Moves those pages to the front that are still listed.
    #[inline]
    pub(super) fn touch(&self, all: &[Page], ids: impl Iterator<Item = u32>, me: &Waiter) {
        self.0.with(me, |list| {
            for id in ids {
                if all.get(id as usize).is_some_and(|p| p.listed.load(Relaxed)) {
                    list.remove(all, id);
                    list.push(all, id);
                }
            }
        });
    }

    /// Removes the last page that is not marked; moves up to `spared` marked ones to the front.
    #[inline]
    pub(super) fn evict(&self, all: &[Page], spared: u32, me: &Waiter) -> Option<u32> {
        self.0.with(me, |list| {
            let mut spared = spared;
            loop {
                let id = list.last()?;
                let page = all.get(id as usize)?;
                list.remove(all, id);
                if spared == 0 || !page.unmark() {
                    page.listed.store(false, Relaxed);
                    return Some(id);
                }
                list.push(all, id);
                spared = spared.wrapping_sub(1);
            }
        })
    }

    /// Calls `see` with each page.
    pub(super) fn walk(&self, all: &[Page], me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.0.with(me, |list| list.entries(all).for_each(see));
    }
}

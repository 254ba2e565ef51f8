// SPDX-License-Identifier: GPL-2.0

//! A list of pages and its lock.
//!
//! `zone->lru_lock` of Kleen and Chen, "Linux kernel scaling", 2011, without the difference between
//! active and inactive pages: being used moves a page to the front.

use super::Page;
use crate::{
    bottleneck::links::List,
    lock::Lock,
    primitive::Relaxed,
    Waiter, //
};

/// Pages in the order of their use, and who may change it.
#[repr(align(128))]
pub struct Queue<L> {
    lock: L,
    list: List,
}

impl<L: Lock> Queue<L> {
    /// Creates the queue, empty.
    pub fn new() -> Self {
        Self {
            lock: L::new(),
            list: List::default(),
        }
    }

    /// Puts `page`, which is on no list, to the front.
    #[inline]
    pub(super) fn add(&self, all: &[Page], id: u32, me: &Waiter) {
        if let Some(page) = all.get(id as usize) {
            self.lock.with(me, || {
                page.on.store(true, Relaxed);
                self.list.push(all, id);
            });
        }
    }

    /// Moves those of `pages` to the front that are on the list still.
    #[inline]
    pub(super) fn touch(&self, all: &[Page], ids: impl Iterator<Item = u32>, me: &Waiter) {
        self.lock.with(me, || {
            for id in ids {
                if all.get(id as usize).is_some_and(|p| p.on.load(Relaxed)) {
                    self.list.remove(all, id);
                    self.list.push(all, id);
                }
            }
        });
    }

    /// Takes the last page off that `spares` does not; of those that it does spare, which are moved
    /// to the front, no more than `looks`.
    #[inline]
    pub(super) fn evict(
        &self,
        all: &[Page],
        looks: u32,
        spares: impl Fn(&Page) -> bool,
        me: &Waiter,
    ) -> Option<u32> {
        self.lock.with(me, || {
            let mut looks = looks;
            loop {
                let id = self.list.last()?;
                let page = all.get(id as usize)?;
                self.list.remove(all, id);
                if looks == 0 || !spares(page) {
                    page.on.store(false, Relaxed);
                    return Some(id);
                }
                self.list.push(all, id);
                looks = looks.wrapping_sub(1);
            }
        })
    }

    /// Calls `see` with each page.
    pub(super) fn walk(&self, all: &[Page], me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.lock.with(me, || self.list.walk(all, see));
    }
}

impl<L: Lock> Default for Queue<L> {
    fn default() -> Self {
        Self::new()
    }
}

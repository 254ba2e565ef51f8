// SPDX-License-Identifier: GPL-2.0

//! Doubly linked lists of numbered entries: `struct list_head` without pointers.
//!
//! Whoever changes a list or walks along it holds its lock, which orders all that happens to its
//! words. They are atomics all the same: a list whose lock is missing then loses entries, or has
//! them twice, and comes to nothing worse. For that reason a walk is also bounded.

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// No entry: the end of a list.
const NONE: u32 = u32::MAX;

/// Where an entry is in its list.
pub struct Link {
    prev: Atomic<u32>,
    next: Atomic<u32>,
}

impl Link {
    /// Creates a link that is in no list.
    pub fn new() -> Self {
        Self {
            prev: Atomic::new(NONE),
            next: Atomic::new(NONE),
        }
    }
}

impl Default for Link {
    fn default() -> Self {
        Self::new()
    }
}

/// A list; its entries are elsewhere, and the same for each call.
#[derive(Default)]
pub(super) struct List {
    /// Before the first there is the head, and so there is after the last.
    head: Link,
}

impl List {
    /// Puts entry `id`, which is in no list, to the front.
    #[inline]
    pub(super) fn push(&self, all: &[impl AsRef<Link>], id: u32) {
        let Some(link) = at(all, id) else { return };
        let first = self.head.next.load(Relaxed);
        link.prev.store(NONE, Relaxed);
        link.next.store(first, Relaxed);
        self.or_head(all, first).prev.store(id, Relaxed);
        self.head.next.store(id, Relaxed);
    }

    /// Puts entry `id`, which is in no list, to the end.
    #[inline]
    pub(super) fn push_last(&self, all: &[impl AsRef<Link>], id: u32) {
        let Some(link) = at(all, id) else { return };
        let last = self.head.prev.load(Relaxed);
        link.prev.store(last, Relaxed);
        link.next.store(NONE, Relaxed);
        self.or_head(all, last).next.store(id, Relaxed);
        self.head.prev.store(id, Relaxed);
    }

    /// Takes entry `id`, which is in this list, out of it.
    #[inline]
    pub(super) fn remove(&self, all: &[impl AsRef<Link>], id: u32) {
        let Some(link) = at(all, id) else { return };
        let (prev, next) = (link.prev.load(Relaxed), link.next.load(Relaxed));
        self.or_head(all, prev).next.store(next, Relaxed);
        self.or_head(all, next).prev.store(prev, Relaxed);
    }

    /// Calls `see` with each entry, first to last.
    #[inline]
    pub(super) fn walk(&self, all: &[impl AsRef<Link>], see: impl FnMut(u32)) {
        self.entries(all).for_each(see);
    }

    /// Returns the entries, first to last.
    #[inline]
    pub(super) fn entries<'a, T>(&self, all: &'a [T]) -> impl Iterator<Item = u32> + use<'a, T>
    where
        T: AsRef<Link>,
    {
        let mut next = self.head.next.load(Relaxed);
        all.iter().map_while(move |_| {
            let id = next;
            next = at(all, id)?.next.load(Relaxed);
            Some(id)
        })
    }

    /// Returns the last entry; none if there is none.
    #[inline]
    pub(super) fn last(&self) -> Option<u32> {
        let last = self.head.prev.load(Relaxed);
        (last != NONE).then_some(last)
    }

    #[inline]
    fn or_head<'a>(&'a self, all: &'a [impl AsRef<Link>], id: u32) -> &'a Link {
        at(all, id).unwrap_or(&self.head)
    }
}

#[inline]
fn at(all: &[impl AsRef<Link>], id: u32) -> Option<&Link> {
    all.get(id as usize).map(AsRef::as_ref)
}

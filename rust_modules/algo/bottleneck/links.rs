// SPDX-License-Identifier: GPL-2.0

//! Doubly linked list of numbered entries: `struct list_head` with indices instead of pointers.
//!
//! The list's lock orders every access to its words. They are atomics all the same: a list that is
//! not locked then loses or repeats entries and does nothing worse. For the same reason a walk is
//! bounded by the number of entries.

use super::prelude::*;

/// No entry: the end of a list.
const NONE: u32 = u32::MAX;

/// The neighbours of an entry.
pub struct Link {
    prev: Atomic<u32>,
    next: Atomic<u32>,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            prev: Atomic::new(NONE),
            next: Atomic::new(NONE),
        }
    }
}

/// A list. Every call gets the same entries `all`.
#[derive(Default)]
pub struct List {
    /// Precedes the first entry and follows the last.
    head: Link,
}

impl List {
    /// Inserts entry `id`, which is on no list, at the front.
    #[inline]
    pub(super) fn push(&self, all: &[impl AsRef<Link>], id: u32) {
        let Some(link) = at(all, id) else { return };
        let first = self.head.next.load(Relaxed);
        link.prev.store(NONE, Relaxed);
        link.next.store(first, Relaxed);
        self.or_head(all, first).prev.store(id, Relaxed);
        self.head.next.store(id, Relaxed);
    }

    /// Inserts entry `id`, which is on no list, at the end.
    #[inline]
    pub(super) fn push_last(&self, all: &[impl AsRef<Link>], id: u32) {
        let Some(link) = at(all, id) else { return };
        let last = self.head.prev.load(Relaxed);
        link.prev.store(last, Relaxed);
        link.next.store(NONE, Relaxed);
        self.or_head(all, last).next.store(id, Relaxed);
        self.head.prev.store(id, Relaxed);
    }

    /// Removes entry `id`, which is on this list.
    #[inline]
    pub(super) fn remove(&self, all: &[impl AsRef<Link>], id: u32) {
        let Some(link) = at(all, id) else { return };
        let (prev, next) = (link.prev.load(Relaxed), link.next.load(Relaxed));
        self.or_head(all, prev).next.store(next, Relaxed);
        self.or_head(all, next).prev.store(prev, Relaxed);
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

    /// Returns the last entry.
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

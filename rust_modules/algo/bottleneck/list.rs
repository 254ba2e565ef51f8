// SPDX-License-Identifier: GPL-2.0

//! Linked list that detects double insertion.
//!
//! An entry knows whether it is on a list, as with `list_del_init()` of `include/linux/list.h`. The
//! list counts an attempt to insert an entry that is on it, and ignores the attempt.

use super::{
    links::{
        Link,
        List, //
    },
    prelude::*, //
};

/// An entry's place on a list. All accesses are [`Relaxed`]: the list's lock orders them.
#[derive(Default)]
pub struct Place {
    link: Link,
    listed: Atomic<bool>,
}

impl AsRef<Link> for Place {
    #[inline(always)]
    fn as_ref(&self) -> &Link {
        &self.link
    }
}

/// An entry with a place on a list.
pub(super) trait Placed: AsRef<Link> {
    fn place(&self) -> &Place;
}

impl Placed for Place {
    #[inline(always)]
    fn place(&self) -> &Place {
        self
    }
}

/// A list. Every caller holds its lock, or is the only user.
#[derive(Default)]
pub struct CheckedList {
    links: List,
    listed_twice: Atomic<u32>,
}

impl CheckedList {
    /// Appends an entry; returns whether it was not listed.
    #[inline]
    pub(super) fn push(&self, all: &[impl Placed], id: u32) -> bool {
        let Some(place) = all.get(id as usize).map(Placed::place) else {
            return false;
        };
        if place.listed.load(Relaxed) {
            bump(&self.listed_twice);
            return false;
        }
        place.listed.store(true, Relaxed);
        self.links.push_last(all, id);
        true
    }

    /// Removes an entry; returns whether it was listed.
    #[inline]
    pub(super) fn remove(&self, all: &[impl Placed], id: u32) -> bool {
        let Some(place) = all.get(id as usize).map(Placed::place) else {
            return false;
        };
        let listed = place.listed.load(Relaxed);
        if listed {
            place.listed.store(false, Relaxed);
            self.links.remove(all, id);
        }
        listed
    }

    /// Returns the entries, oldest first.
    #[inline]
    pub(super) fn entries<'a, T: Placed>(
        &self,
        all: &'a [T],
    ) -> impl Iterator<Item = u32> + use<'a, T> {
        self.links.entries(all)
    }

    /// Returns how many entries are listed.
    pub(super) fn len(&self, all: &[impl Placed]) -> u32 {
        u32::try_from(self.entries(all).count()).unwrap_or(u32::MAX)
    }

    /// Returns how often an entry was inserted that was listed.
    pub(super) fn listed_twice(&self) -> u32 {
        self.listed_twice.load(Relaxed)
    }
}

/// Increments a word that only one thread at a time writes.
#[inline]
pub(super) fn bump(word: &Atomic<u32>) {
    word.store(word.load(Relaxed).wrapping_add(1), Relaxed);
}

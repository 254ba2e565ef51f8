// SPDX-License-Identifier: GPL-2.0

//! Lists that know who is on them, so that they can be asked whether they are whole.
//!
//! An entry knows whether it is on a list, as with `list_del_init()` of `include/linux/list.h`.
//! One that is put on though it is there is counted and left where it is.

use super::links::{
    self,
    Link, //
};
use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// An entry's place on a list. All is written [`Relaxed`]: the list's lock orders it.
#[derive(Default)]
pub struct Place {
    link: Link,
    on: On,
}

/// Whether it is taken.
struct On(Atomic<bool>);

impl Default for On {
    fn default() -> Self {
        Self(Atomic::new(false))
    }
}

impl AsRef<Link> for Place {
    #[inline(always)]
    fn as_ref(&self) -> &Link {
        &self.link
    }
}

/// What has a place on a list.
pub(super) trait Placed: AsRef<Link> {
    fn place(&self) -> &Place;
}

impl Placed for Place {
    #[inline(always)]
    fn place(&self) -> &Place {
        self
    }
}

/// A list. Every function wants its lock held, or nobody else there.
pub struct List {
    links: links::List,
    wrong: Atomic<u32>,
}

impl Default for List {
    fn default() -> Self {
        Self {
            links: links::List::default(),
            wrong: Atomic::new(0),
        }
    }
}

impl List {
    /// Puts an entry at the end, unless it is on; returns whether it was not.
    #[inline]
    pub(super) fn push(&self, all: &[impl Placed], id: u32) -> bool {
        let Some(place) = all.get(id as usize).map(Placed::place) else {
            return false;
        };
        if place.on.0.load(Relaxed) {
            bump(&self.wrong);
            return false;
        }
        place.on.0.store(true, Relaxed);
        self.links.push_last(all, id);
        true
    }

    /// Takes an entry off; returns whether it was on.
    #[inline]
    pub(super) fn remove(&self, all: &[impl Placed], id: u32) -> bool {
        let Some(place) = all.get(id as usize).map(Placed::place) else {
            return false;
        };
        let on = place.on.0.load(Relaxed);
        if on {
            place.on.0.store(false, Relaxed);
            self.links.remove(all, id);
        }
        on
    }

    /// Returns the entries from the first on; of a broken list no more than there are at all.
    #[inline]
    pub(super) fn entries<'a, T: Placed>(
        &self,
        all: &'a [T],
    ) -> impl Iterator<Item = u32> + use<'a, T> {
        self.links.entries(all)
    }

    /// Returns how many entries are on the list.
    pub(super) fn len(&self, all: &[impl Placed]) -> u32 {
        u32::try_from(self.entries(all).count()).unwrap_or(u32::MAX)
    }

    /// Returns how often an entry was put on that was on.
    pub(super) fn wrong(&self) -> u32 {
        self.wrong.load(Relaxed)
    }
}

/// Counts what one at a time does.
#[inline]
pub(super) fn bump(word: &Atomic<u32>) {
    word.store(word.load(Relaxed).wrapping_add(1), Relaxed);
}

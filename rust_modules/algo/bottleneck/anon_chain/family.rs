// SPDX-License-Identifier: GPL-2.0

//! The ancestors, their lists, and the lock of the root: what both ways of chaining share.
//!
//! `struct anon_vma` and `struct anon_vma_chain` of `mm/rmap.c`. A list of the kernel's is a tree
//! by addresses today; here all children have the same addresses, and a list will do.

use core::ops::Deref;

use crate::{
    bottleneck::{
        list::{
            List,
            Place, //
        },
        Findings, //
    },
    lock::Lock,
    Waiter, //
};

/// What a walk along a list saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Links on the list.
    pub links: u32,
    /// Links of the child that was looked for.
    pub own: u32,
}

/// The ancestors; `A` is storage for their lists, and `C` for the links: for each child one to
/// each ancestor.
pub struct Family<L, A, C> {
    root: Root<L>,
    lists: A,
    links: C,
}

/// Alone on its line, beside which all others are only read.
#[repr(align(128))]
struct Root<L>(L);

impl<L, A, C> Family<L, A, C>
where
    L: Lock,
    A: Deref<Target = [List]>,
    C: Deref<Target = [Place]>,
{
    /// Creates the family, without children.
    pub fn new(lists: A, links: C) -> Self {
        Self {
            root: Root(L::new()),
            lists,
            links,
        }
    }

    /// Runs `body` while holding the lock of the root.
    #[inline(always)]
    pub(super) fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.root.0.with(me, body)
    }

    /// Returns the ancestors, each with the number of its link to `child`.
    #[inline(always)]
    pub(super) fn ancestors(&self, child: u32) -> impl Iterator<Item = (&List, u32)> {
        let count = self.lists.len() as u32;
        let first = child.wrapping_mul(count);
        (0..count).filter_map(move |n| Some((self.lists.get(n as usize)?, first.wrapping_add(n))))
    }

    /// Puts a link on; the lock is held. Returns whether it was off, as a number.
    #[inline(always)]
    pub(super) fn chain(&self, list: &List, link: u32) -> u32 {
        list.push(&self.links, link).into()
    }

    /// Takes a link off; the lock is held. Returns whether it was on, as a number.
    #[inline(always)]
    pub(super) fn unchain(&self, list: &List, link: u32) -> u32 {
        list.remove(&self.links, link).into()
    }

    /// Walks along a list, as `rmap_walk_anon()` does.
    pub(super) fn look(&self, me: &Waiter, child: u32, ancestor: u32) -> Seen {
        let mut seen = Seen { links: 0, own: 0 };
        let Some((list, link)) = self.ancestors(child).nth(ancestor as usize) else {
            return seen;
        };
        self.with(me, || {
            for on in list.entries(&self.links) {
                seen.links = seen.links.wrapping_add(1);
                seen.own = seen.own.wrapping_add((on == link).into());
            }
        });
        seen
    }

    pub(super) fn settle(&self, to: Findings<'_>) {
        let all = |of: &dyn Fn(&List) -> u32| {
            let each = self.lists.iter().map(|list| u64::from(of(list)));
            each.fold(0, u64::saturating_add)
        };
        to("links_left", all(&|list| list.len(&self.links)), 0);
        to("links_twice", all(&|list| list.wrong()), 0);
    }
}

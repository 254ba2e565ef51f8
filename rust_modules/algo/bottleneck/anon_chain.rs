// SPDX-License-Identifier: GPL-2.0

//! Reverse mapping of a process family: fork links the child to every ancestor under the root lock.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: to find the users of a page, fork puts the child
//! on the list of each `anon_vma` of its parent, and exit removes it. Since 2.6.35 every insertion
//! takes the lock of the root `anon_vma`; in 3.0 that lock became a mutex, in 3.8 a semaphore.
//! Today's `anon_vma_clone()` is `batched`, with the semaphore. The caller chooses the lock.
//!
//! | variant | root lock |
//! |---|---|
//! | [`PerLink`] | taken for each link: `anon_vma_clone()`, `unlink_anon_vmas()`, 2.6.35 to 2.6.39 |
//! | [`Batched`] | taken once for all links: `lock_anon_vma_root()` of 3.0; longer, less contended |
//!
//! The kernel keeps a tree by address (`struct anon_vma`, `struct anon_vma_chain` of `mm/rmap.c`);
//! here all children have the same addresses, and a list suffices.

use super::{
    prelude::*,
    Guarded, //
};

pub use super::list::{
    CheckedList,
    Place, //
};

/// The ancestors; `A` stores their lists, and `C` the links: for each child one to each ancestor.
pub struct Family<L, A, C, const BATCHED: bool> {
    root: Guarded<L>,
    lists: A,
    links: C,
}

/// The baseline.
pub type PerLink<L, A, C> = Family<L, A, C, false>;
/// The fix.
pub type Batched<L, A, C> = Family<L, A, C, true>;

/// The result of a walk along a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Links on the list.
    pub links: u32,
    /// Links of the child that the walk looked for.
    pub own: u32,
}

impl<L, A, C, const BATCHED: bool> Family<L, A, C, BATCHED>
where
    L: Lock,
    A: Storage<Item = CheckedList>,
    C: Storage<Item = Place>,
{
    /// Creates the family, without children.
    pub fn new(lists: A, links: C) -> Self {
        Self {
            root: Guarded::default(),
            lists,
            links,
        }
    }

    /// Links `child`, which is not linked, to all ancestors; returns to how many.
    #[inline(always)]
    pub fn fork(&self, me: &Waiter, child: u32) -> u32 {
        self.each(me, child, |list, link| list.push(&self.links, link))
    }

    /// Unlinks `child`; returns from how many ancestors.
    #[inline(always)]
    pub fn exit(&self, me: &Waiter, child: u32) -> u32 {
        self.each(me, child, |list, link| list.remove(&self.links, link))
    }

    /// Applies `change` to every link of `child` under the root lock; returns how many succeeded.
    #[inline(always)]
    fn each(&self, me: &Waiter, child: u32, change: impl Fn(&CheckedList, u32) -> bool) -> u32 {
        let links = self.ancestors(child);
        let sum = |sum: u32, done: bool| sum.wrapping_add(done.into());
        if BATCHED {
            return self.root.with(me, |()| {
                let done = links.map(|(list, link)| change(list, link));
                done.fold(0, sum)
            });
        }
        let done = links.map(|(list, link)| self.root.with(me, |()| change(list, link)));
        done.fold(0, sum)
    }

    /// Returns the ancestors, each with the number of its link to `child`.
    #[inline(always)]
    fn ancestors(&self, child: u32) -> impl Iterator<Item = (&CheckedList, u32)> {
        let count = self.lists.len() as u32;
        let first = child.wrapping_mul(count);
        (0..count).filter_map(move |n| Some((self.lists.get(n as usize)?, first.wrapping_add(n))))
    }

    /// Searches the list of `ancestor` for `child`, as `rmap_walk_anon()` does.
    pub fn look(&self, me: &Waiter, child: u32, ancestor: u32) -> Seen {
        let mut seen = Seen { links: 0, own: 0 };
        let Some((list, link)) = self.ancestors(child).nth(ancestor as usize) else {
            return seen;
        };
        self.root.with(me, |()| {
            for on in list.entries(&self.links) {
                seen.links = seen.links.wrapping_add(1);
                seen.own = seen.own.wrapping_add((on == link).into());
            }
        });
        seen
    }

    /// Checks, after all threads have left and all children are unlinked, that no link is left.
    pub fn audit(&self, to: Findings<'_>) {
        let all = |of: &dyn Fn(&CheckedList) -> u32| {
            let each = self.lists.iter().map(|list| u64::from(of(list)));
            each.fold(0, u64::saturating_add)
        };
        to("links_left", all(&|list| list.len(&self.links)), 0);
        to("links_twice", all(&CheckedList::listed_twice), 0);
    }
}

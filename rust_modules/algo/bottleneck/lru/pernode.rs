// SPDX-License-Identifier: GPL-2.0

//! A list and a lock for each node.
//!
//! Piggin, "Scaling the Linux VFS", 2009: "could be made per-zone"; Kleen and Chen, "Linux kernel
//! scaling", 2011, find the lock of a zone fought over all the same, by the many cores of a node.

use core::{
    iter::once,
    ops::Deref, //
};

use super::{
    Lru,
    Page,
    Queue, //
};
use crate::{
    lock::Lock,
    primitive::here,
    Waiter, //
};

/// Each page in the list of its node.
pub struct PerNode<P, N> {
    pages: P,
    nodes: N,
}

impl<L: Lock, P, N> PerNode<P, N>
where
    P: Deref<Target = [Page]>,
    N: Deref<Target = [Queue<L>]>,
{
    /// Creates the lists, with none of the pages on them. Pages are dealt to the nodes in turn, and
    /// so are vCPUs.
    pub fn new(pages: P, nodes: N) -> Self {
        Self { pages, nodes }
    }

    /// The list of the node that thing `number` was dealt to.
    #[inline]
    fn node(&self, number: u32) -> Option<&Queue<L>> {
        let node = number.checked_rem(self.nodes.len() as u32)?;
        self.nodes.get(node as usize)
    }
}

impl<L, P, N> Lru for PerNode<P, N>
where
    L: Lock,
    P: Deref<Target = [Page]> + Sync,
    N: Deref<Target = [Queue<L>]> + Sync,
{
    const NAME: &'static str = "pernode";

    #[inline]
    fn add(&self, page: u32, me: &Waiter) {
        if let Some(node) = self.node(page) {
            node.add(&self.pages, page, me);
        }
    }

    #[inline]
    fn touch(&self, page: u32, me: &Waiter) {
        if let Some(node) = self.node(page) {
            node.touch(&self.pages, once(page), me);
        }
    }

    /// From the node of the vCPU that this runs on, and else from the next one that has any.
    #[inline]
    fn evict(&self, me: &Waiter) -> Option<u32> {
        let first = here();
        (0..self.nodes.len() as u32).find_map(|n| {
            let node = self.node(first.wrapping_add(n))?;
            node.evict(&self.pages, 0, |_| false, me)
        })
    }

    fn census(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        for node in self.nodes.iter() {
            node.walk(&self.pages, me, &mut *see);
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! One list and one lock per node.
//!
//! Piggin, "Scaling the Linux VFS", 2009: "could be made per-zone"; Kleen and Chen, "Linux kernel
//! scaling", 2011, find the lock of a zone contended all the same, by the many cores of a node.

use core::iter::once;

use super::{
    Lru,
    Page,
    Queue, //
};
use crate::bottleneck::prelude::*;

/// Each page on the list of its node.
pub struct PerNode<P, N> {
    pages: P,
    nodes: N,
}

impl<L: Lock, P: Storage<Item = Page>, N: Storage<Item = Queue<L>>> PerNode<P, N> {
    /// Creates the lists, without any of the pages. Pages belong to the nodes in turn, and so do
    /// vCPUs.
    pub fn new(pages: P, nodes: N) -> Self {
        Self { pages, nodes }
    }

    /// Returns the list of the node of page or vCPU `number`.
    #[inline]
    fn node(&self, number: u32) -> Option<&Queue<L>> {
        let node = number.checked_rem(self.nodes.len() as u32)?;
        self.nodes.get(node as usize)
    }
}

impl<L: Lock, P: Storage<Item = Page>, N: Storage<Item = Queue<L>>> Lru for PerNode<P, N> {
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

    /// Evicts from the node of this vCPU, or else from the next one that has a page.
    #[inline]
    fn evict(&self, me: &Waiter) -> Option<u32> {
        let first = here();
        (0..self.nodes.len() as u32).find_map(|n| {
            let node = self.node(first.wrapping_add(n))?;
            node.evict(&self.pages, 0, me)
        })
    }

    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        for node in self.nodes.iter() {
            node.walk(&self.pages, me, &mut *see);
        }
    }
}

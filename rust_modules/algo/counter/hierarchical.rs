// SPDX-License-Identifier: GPL-2.0

//! A sloppy counter with the NUMA node as a level between the vCPU and the whole.
//!
//! Calciu and others count ownership and passes per node ("NUMA-Aware Reader-Writer
//! Locks", PPoPP 2013); here a node is to its vCPUs what the central count of OSDI 2010's sloppy
//! counter is to all of them, and each level has its own threshold.
//!
//! A vCPU holds back less than S₀ and a node less than S₁. What a vCPU that carries over a node
//! has in its hand is in neither: at most S₀ + S₁ more for each. May be used in any context, as
//! [`Sloppy`](super::Sloppy) may; an NMI just there counts as one more vCPU.

use core::num::NonZeroU32;

use super::word::{
    self,
    Words, //
};
use crate::prelude::*;

/// The most nodes that there may be.
pub const NODES: usize = 8;

/// What a node holds back, alone on its pair of cache lines.
#[repr(align(128))]
struct Node(Atomic<i64>);

/// The count in three levels.
pub struct Hierarchical {
    global: Atomic<i64>,
    thresholds: [u32; 2],
    /// vCPUs in each node; their numbers follow each other.
    vcpus: NonZeroU32,
    words: Words,
    nodes: [Node; NODES],
}

impl Hierarchical {
    /// Creates a counter at zero, with the thresholds of a vCPU and of a node, whose vCPUs are
    /// so many in a row.
    pub fn new(words: PerVcpu, thresholds: [u32; 2], vcpus: NonZeroU32) -> Self {
        let words = Words(words);
        Self {
            global: Atomic::new(0),
            thresholds: thresholds.map(|threshold| words.allowed(threshold)),
            vcpus,
            words,
            nodes: core::array::from_fn(|_| Node(Atomic::new(0))),
        }
    }

    /// Returns how far the cheap read may be off, besides what additions under way add.
    pub fn bound(&self) -> u64 {
        let [vcpu, node] = self.thresholds.map(u64::from);
        let vcpus = u64::from(self.words.vcpus());
        let nodes = vcpus.div_ceil(u64::from(self.vcpus.get()));
        let at_rest = vcpus.saturating_mul(vcpu.saturating_sub(1));
        let in_nodes = nodes.saturating_mul(node.saturating_sub(1));
        let in_hand = vcpus.saturating_mul(vcpu.saturating_add(node));
        at_rest.saturating_add(in_nodes).saturating_add(in_hand)
    }

    /// Returns the sum, exact as that of [`Sloppy`](super::Sloppy) is: the nodes are not asked.
    pub fn sum(&self) -> i64 {
        self.words.sum(&self.global)
    }

    /// Returns what `vcpu` holds back.
    pub fn held(&self, vcpu: u32) -> i64 {
        self.words.held(vcpu)
    }

    /// Returns what a node holds back.
    pub fn held_by_node(&self, node: usize) -> i64 {
        self.nodes.get(node).map_or(0, |node| node.0.load(Relaxed))
    }

    /// Carries over what this vCPU holds back, and what its node does.
    pub fn fold(&self) {
        while !undisturbed(|| self.carry_over(0, 1)) {}
        self.to_node(here(), 0, 1);
    }

    /// Carries over what `vcpu` held back, which is offline and runs nothing meanwhile.
    pub fn fold_dead(&self, vcpu: u32) {
        match self.words.carry_dead(vcpu) {
            0 => {}
            held => self.to_node(vcpu, held, 1),
        }
    }

    /// Carries over what every vCPU and every node holds back.
    pub fn fold_all(&self, vcpus: &impl EachVcpu) {
        vcpus.visit(&|| self.fold(), &|vcpu| self.fold_dead(vcpu));
    }

    #[cold]
    #[inline(never)]
    fn add_slowly(&self, n: i64) {
        let [vcpu, _] = self.thresholds;
        while !undisturbed(|| self.carry_over(n, vcpu)) {}
    }

    /// Adds `n`, and carries over to the node what then reaches `threshold`; false if the word
    /// changed meanwhile.
    fn carry_over(&self, n: i64, threshold: u32) -> bool {
        let [_, node] = self.thresholds;
        let mine = self.words.0.mine();
        let word = mine.get();
        let all = word::held(word).wrapping_add(n);
        if word::within(all, threshold) {
            let new = word.wrapping_add(n);
            return mine.cmpxchg(word, new, Relaxed).is_ok();
        }
        let carried = word::carry(word, all);
        // Pairs with the acquire in `Words::sum`: what this vCPU gave before is in the global count,
        // or in a node.
        let done = mine.cmpxchg(word, carried, Release).is_ok();
        if done {
            self.to_node(here(), all, node);
        }
        done
    }

    /// Adds `n` to the node of `vcpu`, and to the global count what then reaches `threshold`.
    fn to_node(&self, vcpu: u32, n: i64, threshold: u32) {
        let index = (vcpu / self.vcpus) as usize;
        let Some(Node(node)) = self.nodes.get(index.min(NODES - 1)) else {
            return;
        };
        let mut held = node.load(Relaxed);
        loop {
            let all = held.wrapping_add(n);
            let over = all.unsigned_abs() >= u64::from(threshold);
            // Several vCPUs have one node, so the thread that empties it must have seen all of it.
            // Pairs with itself: the words of those whose additions it takes along show them.
            match node.cmpxchg(held, if over { 0 } else { all }, Full) {
                Ok(_) if over => {
                    // Pairs with the acquire in `Words::sum`, as above.
                    self.global.fetch_add(all, Release);
                    return;
                }
                Ok(_) => return,
                Err(now) => held = now,
            }
        }
    }
}

impl Counter for Hierarchical {
    #[inline(always)]
    fn add(&self, n: i64) {
        let [vcpu, _] = self.thresholds;
        if !self.words.hold(n, vcpu) {
            self.add_slowly(n);
        }
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.global.load(Relaxed)
    }
}

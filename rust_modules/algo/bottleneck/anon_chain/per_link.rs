// SPDX-License-Identifier: GPL-2.0

//! The lock of the root is taken anew for each link.
//!
//! `anon_vma_clone()` and `unlink_anon_vmas()` of `mm/rmap.c` from 2.6.35, which made it the
//! root's, to 2.6.39; Andi Kleen and Tim Chen, "Linux kernel scaling", 2011.

use core::ops::Deref;

use super::{
    Chain,
    Family,
    List,
    Place,
    Seen, //
};
use crate::{
    bottleneck::Findings,
    lock::Lock,
    Waiter, //
};

/// Chains link by link.
pub struct PerLink<L, A, C>(pub Family<L, A, C>);

impl<L, A, C> Chain for PerLink<L, A, C>
where
    L: Lock,
    A: Deref<Target = [List]> + Sync,
    C: Deref<Target = [Place]> + Sync,
{
    const NAME: &'static str = "per_link";

    #[inline(always)]
    fn fork(&self, me: &Waiter, child: u32) -> u32 {
        let Self(family) = self;
        let mut done = 0_u32;
        for (list, link) in family.ancestors(child) {
            done = done.wrapping_add(family.with(me, || family.chain(list, link)));
        }
        done
    }

    #[inline(always)]
    fn exit(&self, me: &Waiter, child: u32) -> u32 {
        let Self(family) = self;
        let mut done = 0_u32;
        for (list, link) in family.ancestors(child) {
            done = done.wrapping_add(family.with(me, || family.unchain(list, link)));
        }
        done
    }

    fn look(&self, me: &Waiter, child: u32, ancestor: u32) -> Seen {
        self.0.look(me, child, ancestor)
    }

    fn settle(&self, to: Findings<'_>) {
        self.0.settle(to);
    }
}

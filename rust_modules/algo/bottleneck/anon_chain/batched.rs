// SPDX-License-Identifier: GPL-2.0

//! The lock of the root is taken once for all links.
//!
//! `lock_anon_vma_root()` of Linux 3.0, as Andi Kleen and Tim Chen report in "Linux kernel
//! scaling", 2011: more is done under the lock, and it is fought over less often.

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

/// Chains all links at once.
pub struct Batched<L, A, C>(pub Family<L, A, C>);

impl<L, A, C> Chain for Batched<L, A, C>
where
    L: Lock,
    A: Deref<Target = [List]> + Sync,
    C: Deref<Target = [Place]> + Sync,
{
    const NAME: &'static str = "batched";

    #[inline(always)]
    fn fork(&self, me: &Waiter, child: u32) -> u32 {
        let Self(family) = self;
        family.with(me, || {
            let each = family.ancestors(child);
            each.map(|(list, link)| family.chain(list, link))
                .fold(0, u32::wrapping_add)
        })
    }

    #[inline(always)]
    fn exit(&self, me: &Waiter, child: u32) -> u32 {
        let Self(family) = self;
        family.with(me, || {
            let each = family.ancestors(child);
            each.map(|(list, link)| family.unchain(list, link))
                .fold(0, u32::wrapping_add)
        })
    }

    fn look(&self, me: &Waiter, child: u32, ancestor: u32) -> Seen {
        self.0.look(me, child, ancestor)
    }

    fn settle(&self, to: Findings<'_>) {
        self.0.settle(to);
    }
}

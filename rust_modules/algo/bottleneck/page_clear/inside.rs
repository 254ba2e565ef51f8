// SPDX-License-Identifier: GPL-2.0

//! A page is cleared under the lock of the address space.
//!
//! Page faults as Andi Kleen and Tim Chen measured them in "Linux kernel scaling", 2011.

use core::ops::Deref;

use super::{
    Entry,
    Fault,
    Faults,
    Memory,
    Space, //
};
use crate::{
    bottleneck::Findings,
    lock::Lock,
    Waiter, //
};

/// Clears under the lock.
pub struct Inside<L, T, M>(pub Space<L, T, M>);

impl<L, T, M> Faults for Inside<L, T, M>
where
    L: Lock,
    T: Deref<Target = [Entry]> + Sync,
    M: Memory,
{
    const NAME: &'static str = "inside";

    #[inline(always)]
    fn fault(&self, me: &Waiter, _: u32, address: u32, frame: u32) -> Fault {
        let Self(space) = self;
        space.with(me, || {
            space.there(address, false).unwrap_or_else(|| {
                space.clear(frame);
                space.install(address, frame)
            })
        })
    }

    #[inline(always)]
    fn unmap(
        &self,
        me: &Waiter,
        _: u32,
        addresses: impl Iterator<Item = u32>,
        see: impl FnMut(u32, Option<u32>),
    ) {
        self.0.unmap(me, addresses, see);
    }

    fn settle(&self, mapped: u64, to: Findings<'_>) {
        let (pages, twice) = self.0.settle();
        to("pages_mapped", pages, mapped);
        to("installed_twice", twice, 0);
    }
}

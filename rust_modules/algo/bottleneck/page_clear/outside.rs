// SPDX-License-Identifier: GPL-2.0

//! A page is cleared ahead of the lock, if it looks as if one will be needed.
//!
//! Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: "predictively". What was seen before the
//! lock is seen again under it: another thread may have been faster, and then it was in vain; or
//! may have unmapped what was there, and then the page is cleared under the lock after all.

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

/// Clears ahead of the lock.
pub struct Outside<L, T, M>(pub Space<L, T, M>);

impl<L, T, M> Faults for Outside<L, T, M>
where
    L: Lock,
    T: Deref<Target = [Entry]> + Sync,
    M: Memory,
{
    const NAME: &'static str = "outside";

    #[inline(always)]
    fn fault(&self, me: &Waiter, _: u32, address: u32, frame: u32) -> Fault {
        let Self(space) = self;
        let cleared = space.at(address).is_none();
        if cleared {
            space.clear(frame);
        }
        space.with(me, || {
            if let Some(there) = space.there(address, cleared) {
                return there;
            }
            if !cleared {
                space.clear(frame);
            }
            space.install(address, frame)
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

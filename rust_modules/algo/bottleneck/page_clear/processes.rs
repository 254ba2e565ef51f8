// SPDX-License-Identifier: GPL-2.0

//! Each thread has an address space of its own, as processes have.
//!
//! The other curve of Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: how it goes where
//! nobody shares the lock.

use core::ops::Deref;

use super::{
    Fault,
    Faults, //
};
use crate::{
    bottleneck::Findings,
    Waiter, //
};

/// Address spaces, one for each thread; `V` is storage for them.
pub struct Processes<V>(pub V);

impl<V, F> Faults for Processes<V>
where
    V: Deref<Target = [F]> + Sync,
    F: Faults,
{
    const NAME: &'static str = "processes";

    #[inline(always)]
    fn fault(&self, me: &Waiter, who: u32, address: u32, frame: u32) -> Fault {
        match self.0.get(who as usize) {
            Some(own) => own.fault(me, who, address, frame),
            None => Fault::There {
                first: 0,
                in_vain: false,
            },
        }
    }

    #[inline(always)]
    fn unmap(
        &self,
        me: &Waiter,
        who: u32,
        addresses: impl Iterator<Item = u32>,
        see: impl FnMut(u32, Option<u32>),
    ) {
        if let Some(own) = self.0.get(who as usize) {
            own.unmap(me, who, addresses, see);
        }
    }

    fn settle(&self, mapped: u64, to: Findings<'_>) {
        let (mut pages, mut twice) = (0u64, 0u64);
        for own in self.0.iter() {
            own.settle(0, &mut |name, seen, _| {
                let sum = match name {
                    "pages_mapped" => &mut pages,
                    _ => &mut twice,
                };
                *sum = sum.saturating_add(seen);
            });
        }
        to("pages_mapped", pages, mapped);
        to("installed_twice", twice, 0);
    }
}

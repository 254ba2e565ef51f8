// SPDX-License-Identifier: GPL-2.0

//! One address space per thread, as processes have: the bound without a shared lock.
//!
//! The other curve of Kleen and Chen, "Linux kernel scaling", 2011.

use super::{
    Fault,
    Faults,
    Installed, //
};
use crate::bottleneck::prelude::*;

/// The address spaces, one per thread.
pub struct Processes<V>(pub V);

impl<F: Faults, V: Storage<Item = F>> Faults for Processes<V> {
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

    fn installed(&self) -> Installed {
        let each = self.0.iter().map(F::installed);
        each.fold(Installed::default(), |sum, own| Installed {
            pages: sum.pages.saturating_add(own.pages),
            twice: sum.twice.saturating_add(own.twice),
        })
    }
}

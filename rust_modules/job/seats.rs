// SPDX-License-Identifier: GPL-2.0

//! Where workers may sit: on vCPUs that are online and that the caller may use too.

use algo::primitive::Vcpu;
use kernel::{
    alloc::AllocError,
    prelude::*, //
};
use rig::{
    node_of,
    online_vcpus,
    HelperSlot, //
};

use crate::{
    Job,
    Nodes, //
};

/// The seats of a job.
pub(crate) struct Seats {
    /// The caller's.
    pub(crate) caller: HelperSlot,
    /// Those for helpers, in the order in which they are taken.
    pub(crate) helpers: KVVec<HelperSlot>,
    /// How many nodes there are.
    pub(crate) nodes: u32,
    /// vCPUs that are online.
    pub(crate) vcpus: u32,
}

impl Seats {
    /// Looks for seats; without memory there are none for helpers.
    pub(crate) fn look(job: &Job<'_>) -> Self {
        let vcpus = online_vcpus().fold(0u32, |n, _| n.saturating_add(1));
        let nodes = match job.nodes {
            Nodes::Pretended(nodes) => nodes.clamp_to(vcpus),
            Nodes::OfTheMachine => online_vcpus()
                .map(node_of)
                .max()
                .unwrap_or(0)
                .saturating_add(1),
        };
        let node = |nth: u32, vcpu: u32| match job.nodes {
            Nodes::Pretended(_) => nth.wrapping_mul(nodes).checked_div(vcpus).unwrap_or(0),
            Nodes::OfTheMachine => node_of(vcpu),
        };
        let here = Vcpu::current().number();
        let mut seats = Self {
            caller: HelperSlot {
                vcpu: here,
                node: 0,
            },
            helpers: KVVec::new(),
            nodes,
            vcpus,
        };
        for (nth, vcpu) in (0..).zip(online_vcpus()) {
            let seat = HelperSlot {
                vcpu,
                node: node(nth, vcpu),
            };
            if vcpu == here {
                seats.caller = seat;
            } else if job.cpus.has(vcpu) && seats.helpers.push(seat, GFP_KERNEL).is_err() {
                break;
            }
        }
        // Where there is memory for none, the order of few is no matter.
        let _ = seats.spread();
        seats
    }

    /// Returns how many vCPUs of a node there are for workers, the caller's among them.
    pub(crate) fn on_node(&self, node: u32) -> u32 {
        let here = self.helpers.iter().filter(|seat| seat.node == node);
        (here.count() as u32).saturating_add(u32::from(self.caller.node == node))
    }

    /// Lets nodes take turns, so that a few helpers are not all on one.
    fn spread(&mut self) -> Result<(), AllocError> {
        if self.nodes == 1 {
            return Ok(());
        }
        let mut order = KVVec::with_capacity(self.helpers.len(), GFP_KERNEL)?;
        for turn in 0..self.helpers.len() {
            for node in 0..self.nodes {
                let mut there = self.helpers.iter().filter(|seat| seat.node == node);
                if let Some(&seat) = there.nth(turn) {
                    order.push(seat, GFP_KERNEL)?;
                }
            }
        }
        self.helpers = order;
        Ok(())
    }
}

/// `clamp()` panics where the bounds are the wrong way round.
trait ClampTo {
    fn clamp_to(self, most: u32) -> u32;
}

impl ClampTo for u32 {
    fn clamp_to(self, most: u32) -> u32 {
        self.min(most).max(1)
    }
}

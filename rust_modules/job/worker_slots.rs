// SPDX-License-Identifier: GPL-2.0

//! Worker slots: vCPUs that are online and that the caller may use too.

use algo::primitive::Vcpu;
use kernel::alloc::AllocError;
use rig::{
    node_of,
    online_vcpus,
    prelude::*,
    HelperSlot, //
};

use crate::{
    Job,
    Nodes, //
};

/// Worker slots of a job.
pub(crate) struct WorkerSlots {
    /// That of the caller.
    pub(crate) caller: HelperSlot,
    /// Those for helpers, in the order in which they are used.
    pub(crate) helpers: KVVec<HelperSlot>,
    /// Number of nodes.
    pub(crate) nodes: u32,
    /// vCPUs that are online.
    pub(crate) vcpus: u32,
}

impl WorkerSlots {
    /// Finds the slots; without memory there are none for helpers.
    pub(crate) fn find(job: &Job<'_>) -> Self {
        let vcpus = online_vcpus().fold(0u32, |n, _| n.saturating_add(1));
        let nodes = match job.nodes {
            // `clamp()` panics where the bounds are the wrong way round.
            Nodes::Simulated(nodes) => nodes.min(vcpus).max(1),
            Nodes::OfTheMachine => online_vcpus()
                .map(node_of)
                .max()
                .unwrap_or(0)
                .saturating_add(1),
        };
        let node = |nth: u32, vcpu: u32| match job.nodes {
            Nodes::Simulated(_) => nth.wrapping_mul(nodes).checked_div(vcpus).unwrap_or(0),
            Nodes::OfTheMachine => node_of(vcpu),
        };
        // A vCPU may have come online since the nodes were counted.
        let node = |nth, vcpu| node(nth, vcpu).min(nodes.saturating_sub(1));
        let here = Vcpu::current().number();
        let mut slots = Self {
            caller: HelperSlot {
                vcpu: here,
                node: 0,
            },
            helpers: KVVec::new(),
            nodes,
            vcpus,
        };
        for (nth, vcpu) in (0..).zip(online_vcpus()) {
            let slot = HelperSlot {
                vcpu,
                node: node(nth, vcpu),
            };
            if vcpu == here {
                slots.caller = slot;
            } else if job.cpus.has(vcpu) && slots.helpers.push(slot, GFP_KERNEL).is_err() {
                break;
            }
        }
        // Without memory the order stays.
        let _ = slots.interleave();
        slots
    }

    /// Returns how many vCPUs of a node workers may use, that of the caller among them.
    pub(crate) fn on_node(&self, node: u32) -> u32 {
        let here = self.helpers.iter().filter(|slot| slot.node == node);
        (here.count() as u32).saturating_add(u32::from(self.caller.node == node))
    }

    /// Interleaves the nodes, so that a few helpers are not all on one.
    fn interleave(&mut self) -> Result<(), AllocError> {
        if self.nodes == 1 {
            return Ok(());
        }
        let mut order = KVVec::with_capacity(self.helpers.len(), may_fail())?;
        for round in 0..self.helpers.len() {
            for node in 0..self.nodes {
                let mut there = self.helpers.iter().filter(|slot| slot.node == node);
                if let Some(&slot) = there.nth(round) {
                    order.push(slot, GFP_KERNEL)?;
                }
            }
        }
        self.helpers = order;
        Ok(())
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The counters under test: each name, and the type behind it.

use core::num::NonZeroU32;

use abi::sloppy_counter::{
    Config,
    Counter as Name, //
};
use algo::{
    counter::{
        BatchedIds,
        Busted,
        Empty,
        Exact,
        Hierarchical,
        MountCount,
        PercpuExact,
        Sloppy,
        SloppyRef,
        Spinlocked, //
    },
    primitive::PerVcpu, //
};
use kernel::prelude::*;
use rig::{
    possible_vcpus,
    KernelRefcount,
    Padded, //
};

use crate::{
    kernel_counters::{
        PercpuCounter,
        PercpuRef,
        Refcount, //
    },
    total::{
        Promise,
        Total, //
    },
};

/// Makes the counter that `config` names.
pub(crate) fn counter(config: &Config) -> Result<KBox<dyn Total>> {
    let lanes = PerVcpu::new;
    match config.counter {
        Name::Empty => boxed(Empty::new()),
        Name::Busted => boxed(Busted::new()),
        Name::Spinlocked => boxed(Spinlocked::new()),
        Name::Exact => boxed(Exact::new()),
        Name::PercpuExact => boxed(PercpuExact::new(lanes()?)),
        Name::PercpuCounter => boxed(PercpuCounter::new()?),
        Name::Sloppy => boxed(Sloppy::new(lanes()?, config.threshold)),
        Name::Hierarchical => boxed(Hierarchical::new(
            lanes()?,
            [config.threshold, config.node_threshold],
            in_node(config.nodes),
        )),
        Name::Refcount => boxed(Refcount(KernelRefcount::new())),
        Name::PercpuRef => boxed(PercpuRef(rig::PercpuRef::new()?)),
        Name::SloppyRef => boxed(SloppyRef::new(lanes()?, config.threshold)),
        Name::MountCount => boxed(MountCount::new(lanes()?)),
        Name::BatchedIds => boxed(BatchedIds::new(lanes()?, config.threshold)),
    }
}

fn boxed<P: Promise>(counter: P) -> Result<KBox<dyn Total>> {
    Ok(KBox::new(Padded(counter), GFP_KERNEL)?)
}

/// How many vCPUs a node has if there are so many nodes.
fn in_node(nodes: u32) -> NonZeroU32 {
    let vcpus = possible_vcpus();
    let up = vcpus.saturating_add(nodes).saturating_sub(1);
    up.checked_div(nodes)
        .and_then(NonZeroU32::new)
        .unwrap_or(NonZeroU32::MIN)
}

// SPDX-License-Identifier: GPL-2.0

//! A counter loses nothing, and is never further off than it says.

#[path = "../support/mod.rs"]
mod support;

mod exact;
mod hierarchical;
mod ids;
mod limited;
#[expect(unsafe_code, reason = "what is used after zero is a race")]
mod refs;
mod sloppy;

use algo::{counter::EachVcpu, primitive::on};

/// So many vCPUs, each of which does what it is told in turn, as if interrupted.
struct Vcpus(u32);

impl EachVcpu for Vcpus {
    fn visit(&self, live: &(dyn Fn() + Sync), _: &(dyn Fn(u32) + Sync)) {
        (0..self.0).for_each(|vcpu| on(vcpu, live));
    }
}

/// The first vCPU runs; all others, so many in all, are offline.
struct OneIsLeft(u32);

impl EachVcpu for OneIsLeft {
    fn visit(&self, live: &(dyn Fn() + Sync), dead: &(dyn Fn(u32) + Sync)) {
        on(0, live);
        (1..self.0).for_each(dead);
    }
}

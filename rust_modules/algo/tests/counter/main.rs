// SPDX-License-Identifier: GPL-2.0

//! Counters lose nothing, and a cheap read is within its bound.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod adds;
mod hierarchical;
mod ids;
mod limited;
#[expect(unsafe_code, reason = "a use after zero is a race")]
mod refs;
mod sloppy;

use algo::{
    counter::EachVcpu,
    primitive::{on, wander},
};

/// Where the two threads of a test run.
#[derive(Clone, Copy)]
enum Place {
    /// Each on a vCPU of its own.
    OwnVcpus,
    /// Both on one: a task and what interrupts it.
    OneVcpu,
    /// Tasks that migrate between most of their instructions.
    Migrating,
}

impl Place {
    fn run(self, thread: u32, work: impl FnOnce()) {
        match self {
            Self::OwnVcpus => on(thread, work),
            Self::OneVcpu => on(0, work),
            Self::Migrating => wander(work),
        }
    }
}

/// So many vCPUs, each of which runs what it is given in turn, as an interrupt would.
struct Vcpus(u32);

impl EachVcpu for Vcpus {
    fn visit(&self, live: &(dyn Fn() + Sync), _: &(dyn Fn(u32) + Sync)) {
        (0..self.0).for_each(|vcpu| on(vcpu, live));
    }
}

/// So many vCPUs, all but the first of which are offline.
struct OneIsLeft(u32);

impl EachVcpu for OneIsLeft {
    fn visit(&self, live: &(dyn Fn() + Sync), dead: &(dyn Fn(u32) + Sync)) {
        on(0, live);
        (1..self.0).for_each(dead);
    }
}

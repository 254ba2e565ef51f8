// SPDX-License-Identifier: GPL-2.0

//! The plan of a run: with its seed, all that decides the result.

use serde::{Deserialize, Serialize};

use crate::{Costs, Ns, Topology, VcpuId};

/// A vCPU that is stopped on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: Ns,
    /// Which.
    pub vcpu: VcpuId,
    /// For how long.
    pub ns: Ns,
}

/// A vCPU that goes on at once when it is preempted, on a CPU that no other uses, until it gives that up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spared {
    /// Which.
    pub vcpu: VcpuId,
    /// If it is preempted from then on, or waits for a CPU then,
    pub from: Ns,
    /// and before that.
    pub until: Ns,
}

/// Pause-loop exiting, with the parameters of `kvm_intel` and `kvm_amd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseLoop {
    /// A loop that pauses for so long exits.
    pub window: Ns,
    /// Two pauses farther apart are of two loops.
    pub gap: Ns,
    /// The window grows by this factor at each exit, until the vCPU gets a CPU anew.
    pub grow: u64,
    /// The longest window.
    pub max: Ns,
}

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// CPUs of the host.
    pub topology: Topology,
    /// What each step costs.
    pub costs: Costs,
    /// Decides everything random.
    pub seed: u64,
    /// When the run ends.
    pub end: Ns,
    /// vCPUs begin within so long of the start.
    pub start_spread: Ns,
    /// Pause-loop exiting, if the processor has it.
    pub pause_loop: Option<PauseLoop>,
    /// For how long the host polls before it takes a halted vCPU off its CPU.
    pub halt_poll: Ns,
    /// The guest's periodic tick; 0 is none.
    pub tick: Ns,
    /// Whether an idle CPU takes a vCPU from another CPU's queue.
    pub balances: bool,
    /// Whether guests tell the hypervisor of their critical sections.
    pub hints_sections: bool,
    /// Whether kicks stay pending until the next halt, as those of the hypercall do.
    pub sticky_kicks: bool,
    /// Stops of vCPUs.
    pub stops: Vec<Stop>,
    /// Preemptions that cost their vCPU nothing: a counterfactual.
    pub spared: Vec<Spared>,
    /// Whether spin loops sleep while the words they look at stay as they are.
    pub elides: bool,
    /// Whether the log of what happened is kept.
    pub keeps_log: bool,
}

impl Plan {
    /// A plan for so many CPUs, with the defaults of all else.
    pub fn new(cpus: u32) -> Self {
        Self {
            topology: Topology::flat(cpus),
            costs: Costs::default(),
            seed: 1,
            end: 1_000_000_000,
            start_spread: 100_000,
            pause_loop: None,
            halt_poll: 0,
            tick: 0,
            balances: true,
            hints_sections: false,
            sticky_kicks: true,
            stops: Vec::new(),
            spared: Vec::new(),
            elides: true,
            keeps_log: false,
        }
    }
}

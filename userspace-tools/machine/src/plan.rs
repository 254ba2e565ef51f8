// SPDX-License-Identifier: GPL-2.0

//! The plan of a run: with its seed, all that decides the result.

use serde::{Deserialize, Serialize};

use crate::{Costs, CpuId, Ns, Topology, VcpuId};

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
    /// The window grows by this factor at each exit.
    pub grow: u64,
    /// The longest window.
    pub max: Ns,
    /// When the vCPU gets a CPU anew, the window shrinks by this factor; 0 and 1: to the first one.
    #[serde(default)]
    pub shrink: u64,
}

impl PauseLoop {
    /// The window of a vCPU that gets a CPU anew, and had `window` before.
    pub(crate) fn shrunk(&self, window: Ns) -> Ns {
        match self.shrink {
            0 | 1 => self.window,
            by => (window / by).max(self.window),
        }
    }
}

/// A CPU hog of the host: it computes and sleeps in turn, as a vCPU of a guest of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hog {
    /// The only CPU that it runs on.
    pub cpu: Option<CpuId>,
    /// How long it computes at a time.
    pub busy: Ns,
    /// How long it sleeps then; 0: it never does.
    pub idle: Ns,
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
    /// For how long the host polls before it takes a halted vCPU off its CPU; the most, if that adapts.
    pub halt_poll: Ns,
    /// For how much longer it polls, as a factor, after a halt that was longer than its polling and shorter than
    /// the most; after a longer one, not at all. 0: always for the most.
    pub halt_poll_grow: u64,
    /// The guest's periodic tick; 0 is none.
    pub tick: Ns,
    /// Whether an idle CPU takes a vCPU from another CPU's queue.
    pub balances: bool,
    /// Whether guests tell the hypervisor of their critical sections.
    pub hints_sections: bool,
    /// Whether the kicker gives its CPU to the vCPU that it kicked, if that waits for one: as KVM's hypercall does
    /// since 5.4 (`kvm_sched_yield`).
    pub kick_yields: bool,
    /// Whether kicks stay pending until the next halt, as those of the hypercall do.
    pub sticky_kicks: bool,
    /// CPU hogs; the run does not wait for their end.
    pub hogs: Vec<Hog>,
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
            halt_poll_grow: 0,
            tick: 0,
            balances: true,
            hints_sections: false,
            kick_yields: false,
            sticky_kicks: true,
            hogs: Vec::new(),
            stops: Vec::new(),
            spared: Vec::new(),
            elides: true,
            keeps_log: false,
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Report on the vCPU threads of a guest: placement, CPU time, CPU hogs, injected preemptions.

use serde::{Deserialize, Serialize};

/// What the host did to a guest's vCPU threads, and what they were granted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct VcpuReport {
    /// Each vCPU's placement.
    pub map: Vec<Placement>,
    /// CPU time of the hogs.
    pub hogs: Vec<HogTime>,
    /// Injected preemptions, if they were asked for.
    #[serde(alias = "stops", skip_serializing_if = "Option::is_none")]
    pub preemptions: Option<Preemptions>,
}

impl VcpuReport {
    /// Whether every vCPU ran where it was bound.
    pub fn map_holds(&self) -> bool {
        !self.map.is_empty() && self.map.iter().all(Placement::holds)
    }
}

/// Placement and CPU time of one vCPU thread.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Placement {
    /// The vCPU's number in the guest.
    pub vcpu: usize,
    /// The thread that runs it.
    pub thread_id: i32,
    /// The CPU that it was bound to.
    pub requested: usize,
    /// Its CPU affinity, read back at the end of the command.
    pub observed: String,
    /// How long it ran during the command.
    pub ran_ms: f64,
    /// How long it was runnable but another thread had its CPU: steal time, as the host sees it.
    pub waited_ms: f64,
}

impl Placement {
    /// Whether it ran where it was bound.
    pub fn holds(&self) -> bool {
        self.observed == self.requested.to_string()
    }
}

/// CPU time of one CPU hog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct HogTime {
    /// The CPU that it was bound to.
    pub cpu: usize,
    /// How long it ran.
    pub ran_ms: f64,
    /// How long it was runnable but another thread had its CPU.
    pub waited_ms: f64,
}

/// Counts of injected preemptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Preemptions {
    /// Requests read.
    pub requested: u64,
    /// Preemptions made and ended.
    pub served: u64,
    /// Requests with no such vCPU, or a time out of range.
    pub malformed: u64,
    /// Requests for a vCPU that was stopped already, or too many within a second.
    pub refused: u64,
    /// Requests that the system call failed for.
    pub failed: u64,
    /// How long vCPUs were stopped, in total.
    pub stopped_us: u64,
}

// SPDX-License-Identifier: GPL-2.0

//! Record of one attempt to run the command: one boot of the guest.

use serde::{Deserialize, Serialize};
use wire::Hello;

use crate::{vcpus::taken_by_others, GuestOutcome, Placement, Tier, VcpuReport};

/// One attempt.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Attempt {
    /// What executed the guest.
    pub tier: Tier,
    #[serde(default)]
    pub command_line: Vec<String>,
    #[serde(default, alias = "middle", skip_serializing_if = "Option::is_none")]
    pub l1: Option<L1Report>,
    pub outcome: GuestOutcome,
    /// What the guest reported of itself.
    #[serde(default)]
    pub hello: Option<Hello>,
    #[serde(default)]
    pub modules: Vec<String>,
    /// Placement and CPU time of the vCPU threads.
    #[serde(flatten)]
    pub vcpus_report: VcpuReport,
    /// Times of the events on the way.
    #[serde(default)]
    pub times: Times,
    /// Lines of the guest's console that report a failure.
    #[serde(default)]
    pub console_findings: Vec<Finding>,
    /// The scheduler of Xen, as it named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<String>,
}

impl Attempt {
    /// The least part of the time of the host's CPUs that others took from it, if that is on record: from its vCPUs,
    /// in the tier `nested` from those of L1.
    pub fn taken_by_others(&self) -> Option<f64> {
        let report = &self.vcpus_report;
        let vcpus = self.l1.as_ref().map_or(&report.map, |l1| &l1.map);
        taken_by_others(vcpus, &report.hogs)
    }
}

/// Milliseconds since QEMU was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[allow(missing_docs)] // where the name says it
pub struct Times {
    pub qemu_start_to_qmp_ms: Option<u64>,
    pub qemu_start_to_hello_ms: Option<u64>,
    pub qemu_start_to_first_command_ms: Option<u64>,
    /// To the end of the command, with all its output received.
    pub qemu_start_to_command_end_ms: Option<u64>,
    pub qemu_start_to_end_ms: Option<u64>,
}

/// The L1 hypervisor of a nested guest.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[allow(missing_docs)] // where the name says it
pub struct L1Report {
    pub guest_command_line: Vec<String>,
    /// What L1 reported of itself.
    pub hello: Option<Hello>,
    /// Placement of each of its vCPUs on the host.
    pub map: Vec<Placement>,
    pub start_to_hello_ms: Option<u64>,
    pub start_to_guest_qemu_ms: Option<u64>,
    /// Lines of its console that report a failure.
    pub console_findings: Vec<Finding>,
}

/// How bad a console line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// A process in the guest rebooted it.
    Restart,
    /// The kernel killed a process, since no memory was left.
    OutOfMemory,
    /// A thread or a vCPU made no progress for long; on a busy host that need not be its fault.
    Stall,
    /// The kernel goes on.
    Warning,
    /// The kernel goes on, some of its threads may not.
    Oops,
    /// The kernel stopped.
    Panic,
}

/// A console line that reports a failure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Finding {
    pub kind: FindingKind,
    pub line: String,
}

// SPDX-License-Identifier: GPL-2.0

//! Report on the vCPU threads of a guest: placement, CPU time, CPU hogs, injected preemptions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{InjectedPreemption, Preemptions};

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
    /// Each of them, in the order of the requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preemption_log: Vec<InjectedPreemption>,
    /// Pause-loop exiting of the KVM under the vCPUs; none without KVM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_loops: Option<PauseLoops>,
}

/// Pause-loop exiting of KVM, as its module reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct PauseLoops {
    /// `pause_filter_count` of `kvm_amd`, or `ple_window` of `kvm_intel`; 0 if `pause` never exits.
    pub threshold: u64,
    /// Yields that the guest asked for by hypercall, which are no exits of a pause loop, if the statistics
    /// can be read.
    pub yield_hypercalls: Option<u64>,
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
    /// Its slice of the host's scheduler, read back at the end of the command, if the kernel reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice_us: Option<u64>,
    /// How often the host preempted it during the command; 0 in records before it was counted.
    #[serde(default)]
    pub preemptions: u64,
}

impl Placement {
    /// Whether it ran where it was bound.
    pub fn holds(&self) -> bool {
        self.observed == self.requested.to_string()
    }
}

/// The least part of the time of their CPUs that others took from the vCPUs, 0 to 1; none if they had no time.
/// `hogs` were asked for, so they are no others.
///
/// A vCPU that waits does so for the other vCPUs of its CPU, or for others: those took at least what the vCPUs did
/// not run meanwhile.
pub fn taken_by_others(vcpus: &[Placement], hogs: &[HogTime]) -> Option<f64> {
    let cpus: BTreeSet<usize> = vcpus.iter().map(|vcpu| vcpu.requested).collect();
    let (mut taken, mut all) = (0.0, 0.0);
    for cpu in cpus {
        let here = vcpus.iter().filter(|vcpu| vcpu.requested == cpu);
        let hogs = hogs.iter().filter(|hog| hog.cpu == cpu);
        let own: f64 = hogs.map(|hog| hog.ran_ms).sum();
        let own = own + here.clone().map(|vcpu| vcpu.ran_ms).sum::<f64>();
        let by_others = here.clone().map(|vcpu| vcpu.waited_ms + vcpu.ran_ms - own);
        taken += by_others.fold(0.0, f64::max);
        all += here
            .map(|vcpu| vcpu.ran_ms + vcpu.waited_ms)
            .fold(0.0, f64::max);
    }
    (all > 0.0).then(|| taken / all)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn vcpu(requested: usize, ran_ms: f64, waited_ms: f64) -> Placement {
        Placement {
            requested,
            ran_ms,
            waited_ms,
            ..Placement::default()
        }
    }

    #[test]
    fn what_a_vcpu_waits_for_its_siblings_is_not_taken_by_others() {
        let alone = [vcpu(0, 50.0, 50.0), vcpu(0, 50.0, 50.0)];
        assert_eq!(taken_by_others(&alone, &[]), Some(0.0));
        let half = [vcpu(0, 25.0, 75.0), vcpu(0, 25.0, 75.0)];
        assert_eq!(taken_by_others(&half, &[]), Some(0.5));
        let hog = HogTime {
            cpu: 0,
            ran_ms: 50.0,
            ..HogTime::default()
        };
        assert_eq!(
            taken_by_others(&half, &[hog]),
            Some(0.0),
            "it was asked for"
        );
    }

    #[test]
    fn part_is_of_all_cpus_and_an_idle_vcpu_waits_for_none() {
        let one_of_two = [vcpu(0, 80.0, 20.0), vcpu(1, 100.0, 0.0)];
        assert_eq!(taken_by_others(&one_of_two, &[]), Some(0.1));
        assert_eq!(taken_by_others(&[vcpu(0, 3.0, 0.0)], &[]), Some(0.0));
        assert_eq!(taken_by_others(&[vcpu(0, 0.0, 0.0)], &[]), None);
    }
}

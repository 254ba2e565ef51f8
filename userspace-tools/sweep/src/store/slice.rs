// SPDX-License-Identifier: GPL-2.0

//! Slice of the host's scheduler during the guest boots: as it was set, and as vCPUs were preempted.

use std::collections::BTreeMap;

use serde::Serialize;
use vm_record::{Placement, Tier};

use super::provenance::Provenance;

/// The slice of the vCPUs of the guests that asked for the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Slice {
    /// The one that the guest asked for; none for the kernel's own.
    pub asked_us: Option<u32>,
    /// The one that the kernel reported; none where it reports none.
    pub set_us: Option<u64>,
    /// Time on a CPU for each preemption; none if there was none.
    pub ran_us: Option<f64>,
}

impl Slice {
    fn of(asked_us: Option<u32>, vcpus: &[&Placement]) -> Self {
        let ran: f64 = vcpus.iter().map(|vcpu| vcpu.ran_ms * 1e3).sum();
        let preemptions: u64 = vcpus.iter().map(|vcpu| vcpu.preemptions).sum();
        Self {
            asked_us,
            set_us: vcpus.iter().find_map(|vcpu| vcpu.slice_us),
            ran_us: (preemptions > 0).then(|| ran / preemptions as f64),
        }
    }

    fn text(&self) -> String {
        let set = self.set_us.map(|us| format!("{} set", ms(us as f64)));
        let ran = self.ran_us;
        let ran = ran.map(|us| format!("a vCPU ran {} per preemption", ms(us)));
        let parts: Vec<String> = set.into_iter().chain(ran).collect();
        parts.join(", ")
    }
}

/// Microseconds as text.
pub fn ms(us: f64) -> String {
    format!("{:.1} ms", us / 1e3)
}

/// Each slice that the guests of a result had; none of a result before they were recorded.
pub fn slices(of: &Provenance) -> Vec<Slice> {
    let mut by_slice: BTreeMap<Option<u32>, Vec<&Placement>> = BTreeMap::new();
    for boot in &of.boots {
        // Xen schedules its vCPUs itself: what the host had on its CPUs were Xen's own.
        let vm = boot.vm.iter().filter(|vm| vm.last.tier != Tier::Xen);
        let map = vm.flat_map(|vm| &vm.last.vcpus_report.map);
        by_slice.entry(boot.guest.slice_us).or_default().extend(map);
    }
    let slices = by_slice
        .iter()
        .map(|(asked, vcpus)| Slice::of(*asked, vcpus));
    slices
        .filter(|slice| slice.set_us.or(slice.ran_us.map(|us| us as u64)).is_some())
        .collect()
}

/// The same as text; empty if it is not known.
pub fn text(slices: &[Slice]) -> String {
    let each: Vec<String> = slices.iter().map(Slice::text).collect();
    each.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slice_is_cpu_time_for_each_preemption() {
        let vcpu = |ran_ms: f64, preemptions: u64| Placement {
            ran_ms,
            preemptions,
            slice_us: Some(1400),
            ..Placement::default()
        };
        let (a, b) = (vcpu(300.0, 70), vcpu(120.0, 30));
        let slice = Slice::of(None, &[&a, &b]);
        assert_eq!(slice.ran_us, Some(4200.0));
        assert_eq!(
            text(&[slice]),
            "1.4 ms set, a vCPU ran 4.2 ms per preemption"
        );
        let idle = Placement::default();
        assert_eq!(text(&[Slice::of(None, &[&idle])]), "");
    }
}

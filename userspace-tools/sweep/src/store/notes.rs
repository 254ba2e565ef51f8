// SPDX-License-Identifier: GPL-2.0

//! Notes on the host under the guests that captions repeat: the slice of its scheduler, and pause-loop
//! exiting of its KVM.

use std::collections::{BTreeMap, BTreeSet};

use vm_record::{PauseLoops, Tier};

use super::{
    provenance::Provenance,
    slice::{self, slices},
};

/// The notes of one result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    /// Empty if no slice was recorded.
    pub slice: String,
    /// Empty if the guests had no KVM.
    pub pause: String,
    /// Policy and slices of the simulated hypervisor; empty if nothing was simulated.
    pub simulated: String,
}

impl Notes {
    pub fn of(provenance: &Provenance) -> Self {
        let boots = provenance.boots.iter().filter_map(|boot| boot.vm.as_ref());
        let loops = boots
            .clone()
            .find_map(|vm| vm.last.vcpus_report.pause_loops);
        let is_nested = boots.clone().any(|vm| vm.last.tier == Tier::Nested);
        Self {
            slice: slice::text(&slices(provenance)),
            pause: match (loops, is_nested) {
                (Some(loops), _) => pause(loops),
                (None, true) => "pause-loop exiting was not recorded".into(),
                (None, false) => String::new(),
            },
            simulated: simulated(provenance),
        }
    }
}

/// `eevdf with slices of 2.8 ms`.
fn simulated(provenance: &Provenance) -> String {
    let mut slices: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for (_, machine) in provenance.simulated() {
        let slices = slices.entry(machine.policy.name()).or_default();
        slices.insert(machine.slice_us);
    }
    let each = slices.iter().map(|(policy, slices)| {
        let slices = slices.iter().map(|us| slice::ms(f64::from(*us)));
        let slices: Vec<String> = slices.collect();
        format!("{policy} with slices of {}", slices.join(", "))
    });
    each.collect::<Vec<_>>().join("; ")
}

fn pause(loops: PauseLoops) -> String {
    let PauseLoops {
        threshold,
        yield_hypercalls,
    } = loops;
    let yields =
        yield_hypercalls.map_or_else(String::new, |n| format!(", {n} yields by hypercall"));
    match threshold {
        0 => format!("no pause-loop exiting (pause_filter_count 0{yields})"),
        n => format!("pause-loop exiting (threshold {n}{yields})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_loop_exiting_is_named_with_its_threshold() {
        let text = |threshold, yield_hypercalls| {
            pause(PauseLoops {
                threshold,
                yield_hypercalls,
            })
        };
        let none = "no pause-loop exiting (pause_filter_count 0, 0 yields by hypercall)";
        assert_eq!(text(0, Some(0)), none);
        assert_eq!(text(3000, None), "pause-loop exiting (threshold 3000)");
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Head of a result's text: the guests, the host, what the numbers are, and steal time.

use std::collections::HashSet;

use vm_record::Placement;

use crate::{
    plan::{experiment::Experiment, setting::words},
    store::{notes::Notes, provenance::Provenance},
};

/// Steal time of the host is named from this fraction on.
const NOTABLE_STEAL: f64 = 0.005;

/// The lines of the head.
pub fn head(experiment: &Experiment, of: &Provenance) -> String {
    let (cpus, tier, kernel) = (&of.cpus, of.tier(), of.kernel());
    let mut text = format!(
        "{}\n\
         \x20 guest    {} vCPUs on {}{} host CPUs ({cpus}), ratio {:.1}, tier {tier}, kernel {kernel}\n\
         \x20 host     {}, QEMU {}, commit {}\n\
         \x20 numbers  medians of {} interleaved repeats in {}; ±: distance of the farthest repeat\n",
        experiment.title,
        vcpus(experiment, of),
        emulated_cpus(of),
        cpus.count(),
        of.ratio,
        of.host_cpu(),
        of.qemu(),
        of.commit(),
        experiment.repeats,
        boots(experiment, of),
    );
    if let Some(caveat) = of.caveat() {
        text += &format!("  units    {caveat}; per second: per 10^9 instructions\n");
    }
    let Notes { slice, pause } = Notes::of(of);
    if !slice.is_empty() {
        text += &format!("  slice    of the scheduler under the vCPUs: {slice}\n");
    }
    if !pause.is_empty() {
        text += &format!("  pause    {pause}\n");
    }
    text += &steal_time(of);
    if of.vm.as_ref().and_then(|vm| vm.map_holds) == Some(false) {
        text += "  WARNING  a vCPU ran on another CPU than it was bound to; see the map in provenance.json\n";
    }
    text
}

/// The boots of each guest; of one, what is measured says nothing of others.
fn boots(experiment: &Experiment, of: &Provenance) -> String {
    let guests = of.boots.iter().map(|boot| words(&boot.guest.point()));
    let guests: HashSet<String> = guests.collect();
    match experiment.guest.rounds(guests.len(), experiment.repeats) {
        1 => "one boot, which is not a measurement".into(),
        n => format!("{n} boots"),
    }
}

/// The vCPUs of the guests: `2, 4, 8`.
fn vcpus(experiment: &Experiment, of: &Provenance) -> String {
    let mut vcpus: Vec<u32> = of.boots.iter().map(|boot| boot.guest.vcpus).collect();
    if vcpus.is_empty() {
        let guests = experiment.guest.all(&of.cpus).unwrap_or_default();
        vcpus = guests.iter().map(|guest| guest.vcpus).collect();
    }
    vcpus.sort_unstable();
    vcpus.dedup();
    let vcpus: Vec<String> = vcpus.iter().map(u32::to_string).collect();
    vcpus.join(", ")
}

/// The CPUs of the L1 hypervisor, in the nested tier.
fn emulated_cpus(of: &Provenance) -> String {
    match of.guest.emulated(of.tier()) {
        None => String::new(),
        Some(1) => "1 emulated CPU on ".into(),
        Some(n) => format!("{n} emulated CPUs on "),
    }
}

/// How long the vCPUs ran and waited for a host CPU, and the host's own steal time.
fn steal_time(of: &Provenance) -> String {
    let vcpus = of.vcpus();
    if vcpus.is_empty() {
        return String::new();
    }
    let seconds = |ms: fn(&Placement) -> f64| -> f64 {
        let ms: f64 = vcpus.iter().map(|vcpu| ms(vcpu)).sum();
        ms / 1000.0
    };
    let stolen = of.stolen().filter(|fraction| *fraction >= NOTABLE_STEAL);
    let stolen = stolen.map_or_else(String::new, |fraction| {
        format!("; the host's own steal time is {:.0} %", fraction * 100.0)
    });
    format!(
        "  steal    its vCPUs ran {:.0} s and waited {:.0} s for a host CPU{stolen}\n",
        seconds(|vcpu| vcpu.ran_ms),
        seconds(|vcpu| vcpu.waited_ms),
    )
}

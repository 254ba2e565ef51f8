// SPDX-License-Identifier: GPL-2.0

//! Head of a result's text: the guests, the host, what the numbers are, and steal time.

use std::collections::{BTreeSet, HashSet};

use vm_record::Placement;

use crate::{
    judge::label::simulated,
    plan::{experiment::Experiment, setting::words},
    store::{notes::Notes, provenance::Provenance},
};

/// Steal time of the host is named from this fraction on.
const NOTABLE_STEAL: f64 = 0.005;

/// The lines of the head.
pub fn head(experiment: &Experiment, of: &Provenance) -> String {
    let (cpus, tier) = (&of.cpus, of.tier());
    let is_simulated = of.guest.is_simulated();
    let (whose, kernel, qemu) = match is_simulated {
        true => ("simulated", String::new(), String::new()),
        false => {
            let (kernel, qemu) = (of.kernel(), of.qemu());
            (
                "host",
                format!(", kernel {kernel}"),
                format!(", QEMU {qemu}"),
            )
        }
    };
    let mut text = format!(
        "{}\n\
         \x20 guest    {} vCPUs on {}{} {whose} CPUs ({cpus}), ratio {:.1}, tier {tier}{kernel}\n\
         \x20 host     {}{qemu}, commit {}\n\
         \x20 numbers  medians of {} interleaved repeats in {}; ±: distance of the farthest repeat\n",
        experiment.title,
        vcpus(experiment, of),
        emulated_cpus(of),
        cpus.count(),
        of.ratio,
        of.host_cpu(),
        of.commit(),
        experiment.repeats,
        boots(experiment, of),
    );
    if let Some(caveat) = of.caveat() {
        text += &format!("  units    {caveat}; per second: per 10^9 instructions\n");
    }
    if let Some(machine) = simulated_machine(of) {
        text += &format!("  sim      {machine}\n");
    }
    let Notes { slice, pause, .. } = Notes::of(of);
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

/// The machine that was simulated, if one was.
pub fn simulated_machine(of: &Provenance) -> Option<String> {
    let costs: BTreeSet<&str> = of
        .simulated()
        .map(|(_, machine)| machine.costs.as_str())
        .collect();
    let costs: Vec<&str> = costs.into_iter().collect();
    let seeds = of.simulated().map(|(boot, machine)| {
        let seed = machine.seed;
        (boot as u64 != seed).then(|| format!("boot {boot} has seed {seed}"))
    });
    let other: Vec<String> = seeds.flatten().collect();
    let seeds = match other.is_empty() {
        true => "the seed is the number of the boot".into(),
        false => other.join(", "),
    };
    let label = simulated(&costs.join(", "));
    (!costs.is_empty()).then(|| format!("{label}; {}; {seeds}", Notes::of(of).simulated))
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

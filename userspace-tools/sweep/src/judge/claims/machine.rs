// SPDX-License-Identifier: GPL-2.0

//! Facts of this machine that a claim may need: without them it is not testable here.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use cpu_list::CpuList;

use super::program;
use crate::{judge::figures::Figures, run::vm};

/// How the name of a fact begins.
pub const PREFIX: &str = "machine.";

type Fact = fn() -> Option<f64>;

/// The facts, by their names after [`PREFIX`].
const FACTS: [(&str, Fact); 7] = [
    ("cpus", || Some(CpuList::allowed().ok()?.count() as f64)),
    ("nodes", || {
        numbered("/sys/devices/system/node", "node").map(|nodes| nodes.max(1) as f64)
    }),
    ("memory_gib", memory_gib),
    ("threads_per_core", || {
        let file = "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list";
        let list: CpuList = fs::read_to_string(file).ok()?.trim().parse().ok()?;
        Some(list.count() as f64)
    }),
    // Counters of cycles and cache misses.
    ("perf", || {
        Some(f64::from(u8::from(
            Path::new("/sys/bus/event_source/devices/cpu").exists(),
        )))
    }),
    // Whether there is no hypervisor below it.
    ("bare", || {
        let text = fs::read_to_string("/proc/cpuinfo").ok()?;
        let flags = text.lines().find(|line| line.starts_with("flags"))?;
        let is_guest = flags.split_whitespace().any(|flag| flag == "hypervisor");
        Some(f64::from(u8::from(!is_guest)))
    }),
    // Whether KVM runs a guest.
    ("kvm", || {
        let vm = vm::program().display().to_string();
        let words = [
            vm.as_str(),
            "run",
            "--tier",
            "kvm",
            "--vcpus",
            "1",
            "--",
            "true",
        ];
        let words = program::in_toolbox(words.map(String::from).into());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(Stdio::null()).status().ok()?;
        Some(f64::from(u8::from(status.success())))
    }),
];

/// Refuses the name of a fact that there is none of.
pub fn check(name: &str) -> Result<(), String> {
    let Some(name) = name.strip_prefix(PREFIX) else {
        return Ok(());
    };
    match FACTS.iter().any(|(known, _)| *known == name) {
        true => Ok(()),
        false => {
            let names: Vec<&str> = FACTS.iter().map(|(name, _)| *name).collect();
            let names = names.join(" ");
            Err(format!("no fact `{PREFIX}{name}` (allowed: {names})"))
        }
    }
}

/// The facts of these names, with the prefix; those that cannot be read are missing.
pub fn facts<'a>(names: impl Iterator<Item = &'a str>) -> Figures {
    let mut facts = Figures::new();
    for name in names.filter(|name| name.starts_with(PREFIX)) {
        if facts.contains_key(name) {
            continue;
        }
        let known = FACTS
            .iter()
            .find(|(known, _)| *known == &name[PREFIX.len()..]);
        if let Some(value) = known.and_then(|(_, read)| read()) {
            facts.insert(name.into(), value.into());
        }
    }
    facts
}

/// The number of entries of `dir` named `prefix` and a number.
fn numbered(dir: &str, prefix: &str) -> Option<usize> {
    let names = fs::read_dir(dir).ok()?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let is_one = |name: &String| {
        let number = name.strip_prefix(prefix);
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    Some(names.filter(is_one).count())
}

fn memory_gib() -> Option<f64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_of_this_machine() {
        let names = [
            "machine.cpus",
            "machine.nodes",
            "machine.memory_gib",
            "other",
        ];
        let facts = facts(names.into_iter());
        assert_eq!(facts.len(), 3);
        assert!(facts.values().all(|fact| fact.value() >= 0.1), "{facts:?}");
        let cpus = CpuList::allowed().unwrap().count() as f64;
        assert_eq!(facts["machine.cpus"].value(), cpus);
    }

    #[test]
    fn unknown_fact_is_refused() {
        assert_eq!(check("machine.cpus"), Ok(()));
        assert_eq!(check("cpus"), Ok(()));
        assert!(check("machine.colour")
            .unwrap_err()
            .contains("allowed: cpus"));
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Host facts that can change a figure. A value is the kernel's own, or `unknown` with the cause.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

/// A host.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Machine {
    pub cpu_model: String,
    /// CPUs that are online, as a list.
    pub cpus: String,
    pub smt: String,
    /// Each known vulnerability with its mitigation.
    pub mitigations: BTreeMap<String, String>,
    pub clocksource: String,
    /// Slice of the scheduler in nanoseconds (EEVDF).
    pub slice_ns: String,
    /// Frequency governor of CPU 0.
    pub governor: String,
    /// Release of the kernel.
    pub kernel: String,
}

impl Machine {
    /// The host that this process runs on.
    pub fn here() -> Self {
        Self::under(Path::new("/"))
    }

    /// The same, with `/proc` and `/sys` under `root`.
    fn under(root: &Path) -> Self {
        let read = |path: &str| match fs::read_to_string(root.join(path)) {
            Ok(text) => text.trim().to_string(),
            Err(error) => format!("unknown: /{path}: {error}"),
        };
        let cpuinfo = read("proc/cpuinfo");
        let model = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let no_model = || "unknown: /proc/cpuinfo names no model".into();
        Self {
            cpu_model: model.map_or_else(no_model, |text| {
                text.trim_matches([' ', '\t', ':']).to_string()
            }),
            cpus: read("sys/devices/system/cpu/online"),
            smt: read("sys/devices/system/cpu/smt/control"),
            mitigations: files(&root.join("sys/devices/system/cpu/vulnerabilities")),
            clocksource: read("sys/devices/system/clocksource/clocksource0/current_clocksource"),
            slice_ns: read("sys/kernel/debug/sched/base_slice_ns"),
            governor: read("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            kernel: read("proc/sys/kernel/osrelease"),
        }
    }

    /// Each fact by name.
    pub fn facts(&self) -> Vec<(String, String)> {
        let facts = [
            ("host CPU", &self.cpu_model),
            ("host CPUs online", &self.cpus),
            ("SMT", &self.smt),
            ("clocksource", &self.clocksource),
            ("scheduler slice in ns", &self.slice_ns),
            ("frequency governor", &self.governor),
            ("host kernel", &self.kernel),
        ];
        let facts = facts.map(|(name, fact)| (name.to_string(), fact.clone()));
        let mitigations = self.mitigations.iter();
        let mitigations =
            mitigations.map(|(of, text)| (format!("mitigation of {of}"), text.clone()));
        facts.into_iter().chain(mitigations).collect()
    }
}

/// The files of a directory, each with its text.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let texts = entries.filter_map(|entry| {
        let text = fs::read_to_string(entry.path()).ok()?;
        Some((
            entry.file_name().to_string_lossy().into_owned(),
            text.trim().to_string(),
        ))
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_from_proc_and_sys() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            (
                "proc/cpuinfo",
                "processor : 0\nmodel name\t: A CPU @ 2 GHz\n",
            ),
            ("proc/sys/kernel/osrelease", "6.18\n"),
            (
                "sys/devices/system/cpu/vulnerabilities/spectre_v2",
                "Vulnerable\n",
            ),
            ("sys/kernel/debug/sched/base_slice_ns", "2800000\n"),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let machine = Machine::under(root.path());
        assert_eq!(machine.cpu_model, "A CPU @ 2 GHz");
        assert_eq!((&*machine.kernel, &*machine.slice_ns), ("6.18", "2800000"));
        assert_eq!(machine.mitigations["spectre_v2"], "Vulnerable");
        let cause = "unknown: /sys/devices/system/cpu/smt/control: No such file";
        assert!(machine.smt.starts_with(cause), "{}", machine.smt);
    }

    #[test]
    fn facts_name_every_field_and_mitigation() {
        let machine = Machine {
            mitigations: [("a".into(), "b".into())].into(),
            ..Machine::default()
        };
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(&machine) else {
            panic!("an object")
        };
        assert_eq!(machine.facts().len(), fields.len());
    }
}

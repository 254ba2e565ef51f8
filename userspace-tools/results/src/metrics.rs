// SPDX-License-Identifier: GPL-2.0

//! Names of all metrics, which rules, claims and tables may ask for.

use crate::{for_module, Bottleneck, JobRunner, Kind, LockLoad, Report, SloppyCounter};

/// The metrics of all modules: name and meaning.
const ALL: [(&str, &str); 2] = [
    (
        "value",
        "rate; of jobs, the time from the call until the return, ms",
    ),
    ("rate", "units of work per second"),
];

/// Module, name and meaning of every metric; the module is empty for those that all have.
pub fn list() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    fn of<R: Report>() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let metrics = R::METRICS.iter();
        metrics.map(|metric| (R::MODULE, metric.name, metric.meaning))
    }
    let all = ALL.iter().map(|(name, meaning)| ("", *name, *meaning));
    all.chain(of::<LockLoad>())
        .chain(of::<SloppyCounter>())
        .chain(of::<JobRunner>())
        .chain(of::<Bottleneck>())
}

/// Whether a module has the metric `name`.
pub fn is_known(name: &str) -> bool {
    list().any(|(_, known, _)| known == name)
}

/// The kind of a metric of `module`; none of a time, which tier and settings decide.
pub fn kind(module: &str, name: &str) -> Option<Kind> {
    fn of<R: Report>(name: &str) -> Option<Kind> {
        R::METRICS.iter().find(|metric| metric.name == name)?.kind
    }
    for_module!(module, of(name), None)
}

/// The names by module, for an error message.
pub fn names() -> String {
    let mut text = String::new();
    let mut last = "";
    for (module, name, _) in list() {
        if module != last {
            text += &format!("; {module}:");
            last = module;
        }
        text += &format!(" {name}");
    }
    text.trim_start().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_known_finds_metrics_and_no_module_names() {
        assert!(is_known("jain") && is_known("bound") && is_known("repeated"));
        assert!(!is_known("lock-load") && !is_known("") && !is_known("fair"));
        assert!(
            names().starts_with("value rate; lock-load: jain "),
            "{}",
            names()
        );
    }
}

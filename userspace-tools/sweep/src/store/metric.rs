// SPDX-License-Identifier: GPL-2.0

//! The numbers of a run that a rule may ask for by name.

use statistics::jain;

use crate::store::report::{error, Report};

/// Their names, for those who mistype one.
pub const NAMES: &str =
    "value rate; locks: jain halts kicks lost wait_p50 wait_p99 wait_p999 overtaken long_waits held_up \
     held_up_of_all; counters: error bound lost; jobs: chunks missed repeated; bottlenecks: jain wrong granted_rate";

/// The number `name` of a run; nothing if its module has no such number.
pub fn metric(report: &Report, name: &str) -> Option<f64> {
    match (name, report) {
        ("value", _) => Some(report.value()),
        ("rate", _) => Some(report.rate()),
        ("jain", Report::LockLoad { threads, sum, .. }) => {
            // By the time for which the thread had a vCPU: sharing one is not the lock's doing.
            let shares = threads.iter().map(|thread| {
                let present_ns = sum.elapsed_ns.saturating_sub(thread.queued_ns);
                thread.sections as f64 / present_ns.max(1) as f64
            });
            jain(shares)
        }
        ("halts", Report::LockLoad { sum, .. }) => Some(sum.halts as f64),
        ("kicks", Report::LockLoad { sum, .. }) => Some(sum.kicks as f64),
        ("lost", Report::LockLoad { sum, .. }) => Some(sum.lost as f64),
        (name, Report::LockLoad { seen, .. }) => seen.quantity(name),
        ("error", Report::SloppyCounter { sum, .. }) => Some(error(sum) as f64),
        ("bound", Report::SloppyCounter { sum, .. }) => Some(sum.bound as f64),
        ("lost", Report::SloppyCounter { sum, .. }) => {
            Some((i128::from(sum.adds) - i128::from(sum.sum)) as f64)
        }
        ("jain", Report::Bottleneck { threads, .. }) => {
            let ops = threads.iter().map(|thread| thread.ops as f64);
            jain(ops)
        }
        ("wrong", Report::Bottleneck { sum, .. }) => Some(sum.wrong as f64),
        ("granted_rate", Report::Bottleneck { sum, granted, .. }) => {
            Some(sum.ops as f64 * 1e9 / granted.cpu_ns.max(1) as f64)
        }
        ("chunks", Report::JobRunner { sum, .. }) => Some(sum.chunks as f64),
        ("missed", Report::JobRunner { sum, .. }) => Some(sum.missed as f64),
        ("repeated", Report::JobRunner { sum, .. }) => Some(sum.repeated as f64),
        _ => None,
    }
}

/// Whether any run of any module has such a number.
pub fn is_known(name: &str) -> bool {
    let names = NAMES.split([' ', ';', ':']);
    let modules = ["", "locks", "counters", "jobs", "bottlenecks"];
    names
        .filter(|word| !modules.contains(word))
        .any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_or_not() {
        assert!(is_known("jain") && is_known("bound") && is_known("repeated"));
        assert!(!is_known("locks") && !is_known("") && !is_known("fair"));
    }
}

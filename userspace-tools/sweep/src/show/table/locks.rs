// SPDX-License-Identifier: GPL-2.0

//! The table of `lock-load`: sections per second, and what the locks are on this machine.

use std::collections::BTreeSet;

use abi::lock_load::KernelLock;

use super::grid::{grid, oracle, Row};
use crate::{console::human, judge::cell::Cell, plan::experiment::Scenario, store::report::Report};

/// Sections per second of every lock.
pub fn table(scenario: &Scenario, cells: &[Cell]) -> String {
    let exclusion = |row: &Row<'_>| oracle(row, "held");
    let halts = |row: &Row<'_>| row.last().map_or_else(String::new, |cell| halts(cell));
    let table = grid(
        scenario,
        cells,
        &[("exclusion", &exclusion), ("halts/s", &halts)],
    );
    format!("{table}\n{}", machine(cells))
}

/// Halts of waiters per second, where the row has most threads.
fn halts(cell: &Cell) -> String {
    let rates = cell.reports.iter().filter_map(|report| match report {
        Report::LockLoad { sum, .. } => Some(sum.halts as f64 * 1e9 / sum.elapsed_ns.max(1) as f64),
        _ => None,
    });
    let rates: Vec<f64> = rates.collect();
    match statistics::Sample::of(rates) {
        Some(sample) if sample.max > 0.0 => human::short(sample.median),
        _ => "-".into(),
    }
}

/// What the kernel's lock really is here, and how halted waiters are woken.
fn machine(cells: &[Cell]) -> String {
    let (mut locks, mut kicks) = (BTreeSet::new(), BTreeSet::new());
    for report in cells.iter().flat_map(|cell| &cell.reports) {
        if let Report::LockLoad { machine, .. } = report {
            if machine.kernel_lock != KernelLock::Unknown {
                locks.insert(machine.kernel_lock.name());
            }
            kicks.insert(machine.kick.name());
        }
    }
    let join = |names: BTreeSet<&str>| match names.len() {
        0 => "unknown".to_string(),
        _ => names.into_iter().collect::<Vec<_>>().join(" and "),
    };
    format!(
        "kernel/raw_spin is {} here; a halted waiter is woken by {}.\n",
        join(locks),
        join(kicks)
    )
}

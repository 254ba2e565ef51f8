// SPDX-License-Identifier: GPL-2.0

//! Table of `lock-load`: critical sections per second, and which lock `kernel/raw_spin` is.

use std::collections::BTreeSet;

use abi::lock_load::KernelLock;
use results::AnyReport;
use statistics::Sample;

use super::grid::{grid, oracle, Row};
use crate::{console::numbers, judge::cell::Cell, plan::experiment::Scenario};

/// Sections per second of every lock.
pub fn table(scenario: &Scenario, cells: &[Cell]) -> String {
    let exclusion = |row: &Row<'_>| oracle(row);
    let halts = |row: &Row<'_>| row.last().map_or_else(String::new, |cell| halts(cell));
    let table = grid(
        scenario,
        cells,
        &[("exclusion", &exclusion), ("halts/s", &halts)],
    );
    format!("{table}\n{}", machine(cells))
}

/// Halts of waiters per second, at the most threads of the row.
fn halts(cell: &Cell) -> String {
    let rates = cell.reports.iter().filter_map(|report| {
        let seconds = report.totals().elapsed_ns.max(1) as f64 / 1e9;
        Some(report.metric("halts")? / seconds)
    });
    match Sample::of(rates) {
        Some(sample) if sample.max > 0.0 => numbers::short(sample.median),
        _ => "-".into(),
    }
}

/// Which lock `kernel/raw_spin` is on this machine, and how a halted waiter is woken.
fn machine(cells: &[Cell]) -> String {
    let (mut locks, mut kicks) = (BTreeSet::new(), BTreeSet::new());
    for report in cells.iter().flat_map(|cell| &cell.reports) {
        if let AnyReport::LockLoad(report) = report {
            let machine = &report.machine;
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

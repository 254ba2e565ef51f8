// SPDX-License-Identifier: GPL-2.0

//! Tables, one form for each module.

mod counters;
mod grid;
mod jobs;
mod locks;
mod shape;
pub mod waits;

use self::grid::{grid, oracle, Row};
pub use self::shape::shapes;
use crate::{
    judge::cell::Cell,
    plan::experiment::{Module, Scenario},
};

/// The table of `scenario`, and the lines under it.
pub fn table(scenario: &Scenario, cells: &[Cell]) -> String {
    match scenario.module {
        Module::LockLoad => locks::table(scenario, cells),
        Module::SloppyCounter => counters::table(scenario, cells),
        Module::JobRunner => jobs::table(cells),
        Module::Bottleneck => {
            let promises = |row: &Row<'_>| oracle(row);
            grid(scenario, cells, &[("promises", &promises)]) + "\n"
        }
    }
}

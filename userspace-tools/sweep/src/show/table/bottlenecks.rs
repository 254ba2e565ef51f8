// SPDX-License-Identifier: GPL-2.0

//! The table of `bottleneck`: operations per second, and whether all was as it must be.

use super::grid::{grid, oracle, Row};
use crate::{judge::cell::Cell, plan::experiment::Scenario};

/// Operations per second of every variant.
pub fn table(scenario: &Scenario, cells: &[Cell]) -> String {
    let promises = |row: &Row<'_>| oracle(row, "held");
    grid(scenario, cells, &[("promises", &promises)]) + "\n"
}

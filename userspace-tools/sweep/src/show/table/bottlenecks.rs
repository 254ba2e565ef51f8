// SPDX-License-Identifier: GPL-2.0

//! The table of `bottleneck`: operations per second, and whether all was as it must be.

use super::grid::{grid, oracle, Row};
use crate::{judge::cell::Cell, plan::experiment::Part};

/// Operations per second of every variant.
pub fn table(part: &Part, cells: &[Cell]) -> String {
    let promises = |row: &Row<'_>| oracle(row, "held");
    grid(part, cells, &[("promises", &promises)]) + "\n"
}

// SPDX-License-Identifier: GPL-2.0

//! Costs of operations in instructions, of a result of the tier `count`: columns of operations, a row for
//! each lock, counter or policy.

mod column;
mod grid;
mod measured;

pub use self::{
    column::{Column, COLUMNS, EMPTY},
    grid::{grids, Grid, LEGEND},
    measured::Measured,
};

// SPDX-License-Identifier: GPL-2.0

//! Tables, one form for each module.

mod bottlenecks;
mod counters;
mod grid;
mod jobs;
mod locks;
mod shape;

pub use self::shape::shapes;
use crate::{
    judge::cell::Cell,
    plan::experiment::{Module, Part},
};

/// The table of `part`, and the lines that belong under it.
pub fn table(part: &Part, cells: &[Cell]) -> String {
    match part.module {
        Module::LockLoad => locks::table(part, cells),
        Module::SloppyCounter => counters::table(part, cells),
        Module::JobRunner => jobs::table(cells),
        Module::Bottleneck => bottlenecks::table(part, cells),
    }
}

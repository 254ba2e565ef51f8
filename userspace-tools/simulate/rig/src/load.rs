// SPDX-License-Identifier: GPL-2.0

//! Load: the part of a run that each module brings.

use core::fmt;

use abi::Limits;

use crate::{Placement, Refused, Text, Worker};

/// Load: how a run is prepared, what each thread does in it, and its report.
pub trait Load: Sized + 'static {
    /// The settings, one of those in `abi`.
    type Config: Copy + fmt::Display;
    /// What the threads of one run share.
    type Run: 'static;

    /// Makes all that a run needs.
    ///
    /// # Errors
    ///
    /// If the settings cannot work together.
    fn prepare(config: &Self::Config, limits: &Limits) -> Result<Self::Run, Refused>;

    /// Runs the work of one thread, until it is done or the stop flag is up.
    fn work(run: &Self::Run, worker: &Worker<'_>);

    /// Writes the report of a run.
    ///
    /// # Errors
    ///
    /// Without room for it.
    fn report(finished: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result;
}

/// Finished run, which all threads have left.
pub struct FinishedRun<'a, L: Load> {
    /// Its number.
    pub number: u64,
    /// Its settings.
    pub config: &'a L::Config,
    /// What its threads shared.
    pub run: &'a L::Run,
    /// Time from the start barrier until the last thread left, in nanoseconds.
    pub elapsed_ns: u64,
    /// Placement of each thread, in order of index.
    pub placements: &'a [Placement],
}

// SPDX-License-Identifier: GPL-2.0

//! Interface of the kinds of run: contention for a lock, the trials of halts and kicks, and timed steps.

use core::fmt;

use abi::lock_load::Torture as TortureCounts;

use crate::{
    prelude::*,
    thread_counts::ThreadCounts, //
};

/// What the threads of a run do, and their part of the report.
pub(crate) trait Workload: Send + Sync {
    /// Returns the counts of each thread.
    fn counts(&self) -> &[Padded<ThreadCounts>];

    /// Thread function: works until the stop flag is raised or the work is done.
    fn thread(&self, worker: &Worker<'_>, counts: &ThreadCounts);

    /// Function of the control thread: returns once the stop flag is raised, or at once.
    fn control(&self, _: &Control<'_>) -> Result<(), Refused> {
        Ok(())
    }

    /// Applies live settings.
    fn change(&self, _: &Config) {}

    /// Returns how many updates were lost or torn if `sections` were completed; `None` if the run
    /// promises no exclusion.
    fn lost_updates(&self, _sections: u64) -> Option<u64> {
        None
    }

    /// Returns what torture options did; nothing in a trial, which allows none.
    fn torture(&self) -> TortureCounts {
        TortureCounts {
            pauses: 0,
            paused_ns: 0,
            shuffles: 0,
            offline: 0,
            refused: 0,
            long_holds: 0,
            boosts: 0,
        }
    }

    /// Returns the usual size of the report; a longer one allocates.
    fn report_bytes_per_thread(&self) -> usize {
        256
    }

    /// Writes the lines of the report that only this kind of run has.
    fn details(&self, finished: &Finished<'_>, to: &mut Text) -> fmt::Result;
}

/// A run that all threads have left.
pub(crate) struct Finished<'a> {
    pub(crate) elapsed_ns: u64,
    /// Where the threads ran, in their order.
    pub(crate) placements: &'a [Padded<Placement>],
}

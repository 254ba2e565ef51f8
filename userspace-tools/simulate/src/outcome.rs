// SPDX-License-Identifier: GPL-2.0

//! What a run of `lock-load` leaves.

use machine::Ended;

use crate::failed::Failed;

/// What happened in a run.
pub struct Outcome {
    /// The report, as `lock-load` writes it; not if a thread never left.
    pub report: Result<String, Failed>,
    /// Threads that never left the run.
    pub stuck: usize,
    /// Completed sections.
    pub sections: u64,
    /// Updates that were lost or torn.
    pub lost_updates: u64,
    /// What happened to the machine.
    pub machine: Ended,
}

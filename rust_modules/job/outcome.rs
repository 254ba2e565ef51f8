// SPDX-License-Identifier: GPL-2.0

//! Outcome of a job.

use abi::job_runner::JobEnd;
use kernel::prelude::*;

use crate::worker_stats::{
    AllStats,
    WorkerCounts,
    WorkerStats, //
};

/// The first error of a job.
#[derive(Clone, Copy)]
pub struct Fault {
    /// The error.
    pub errno: Error,
    /// The index that failed.
    pub index: u64,
    /// The first index of its chunk.
    pub chunk_start: u64,
    /// The end of its chunk.
    pub chunk_end: u64,
    /// The worker.
    pub worker: u32,
}

/// Outcome of a job.
pub struct JobOutcome {
    /// How it ended.
    pub end: JobEnd,
    /// The first error, if an index failed.
    pub fault: Option<Fault>,
    /// Time of the call.
    pub called_ns: u64,
    /// Time at which all was done, before anything was undone.
    pub returned_ns: u64,
    /// Helpers that were worth their start.
    pub wanted: u32,
    /// Helpers that were borrowed.
    pub helpers: u32,
    /// Indices undone.
    pub undone: u64,
    /// Ranges to be undone that overlapped one before.
    pub disorder: u64,
    /// Time of undoing.
    pub undo_ns: u64,
    pub(crate) stats: AllStats,
}

impl JobOutcome {
    /// Returns the error, if the job was not completed.
    pub fn result(&self) -> Result {
        match (self.end, self.fault) {
            (JobEnd::Done, _) => Ok(()),
            (JobEnd::Deadline, _) => Err(ETIMEDOUT),
            (JobEnd::Failed, Some(fault)) => Err(fault.errno),
            (JobEnd::Unsound, _) => Err(EIO),
            _ => Err(ECANCELED),
        }
    }

    /// Returns the statistics of each worker, the caller first.
    pub fn workers(&self) -> impl Iterator<Item = &WorkerStats> {
        self.stats.iter()
    }

    /// Returns the counts of each worker, the caller first.
    pub fn counts(&self) -> impl Iterator<Item = WorkerCounts> + '_ {
        self.workers().map(WorkerStats::counts)
    }

    /// Returns the time from the call until the first chunk was taken.
    pub fn first_ns(&self) -> u64 {
        let firsts = self.counts().map(|counts| counts.first_ns);
        let first = firsts.filter(|&ns| ns > 0).min();
        let first = first.unwrap_or(self.returned_ns);
        first.saturating_sub(self.called_ns)
    }

    /// Returns the time from the end of the last chunk until the return.
    pub fn last_ns(&self) -> u64 {
        self.returned_ns.saturating_sub(self.last_chunk_ns())
    }

    /// Returns the time from when the first worker found nothing left until the last chunk was
    /// done.
    pub fn tail_ns(&self) -> u64 {
        let present = self.counts().filter(|counts| counts.absent == 0);
        let ends = present.map(|counts| counts.ended_ns);
        let first = ends.filter(|&ns| ns > 0).min().unwrap_or(u64::MAX);
        self.last_chunk_ns().saturating_sub(first)
    }

    fn last_chunk_ns(&self) -> u64 {
        let lasts = self.counts().map(|counts| counts.last_ns);
        lasts.max().unwrap_or(0).max(self.called_ns)
    }
}

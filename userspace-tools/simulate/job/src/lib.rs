// SPDX-License-Identifier: GPL-2.0

//! Crate `job` on a simulated machine: the source of its workers is the crate's own. Helpers are vCPUs of the
//! machine, one for each worker; there is no pool, and no job within a job.

#![forbid(unsafe_code)]

/// Declares modules whose source is the kernel module's. (A macro, so that `rustfmt` formats it there.)
macro_rules! shared {
    ($($path:literal $module:ident;)*) => {$(
        #[allow(dead_code, reason = "some is for what is not simulated")]
        #[path = $path]
        mod $module;
    )*};
}
shared! {
    "../../../../rust_modules/job/cap.rs" cap;
    "../../../../rust_modules/job/execution.rs" execution;
    "../../../../rust_modules/job/node_range.rs" node_range;
    "../../../../rust_modules/job/outcome.rs" outcome;
    "../../../../rust_modules/job/progress.rs" progress;
    "../../../../rust_modules/job/rate.rs" rate;
    "../../../../rust_modules/job/registry.rs" registry;
    "../../../../rust_modules/job/work.rs" work;
    "../../../../rust_modules/job/worker.rs" worker;
    "../../../../rust_modules/job/worker_stats.rs" worker_stats;
}
/// The same, by symbolic links, since it has a module of its own.
macro_rules! linked {
    ($module:ident) => {
        mod $module;
    };
}
linked!(log);
mod call;
mod helper;

use abi::job_runner::Policy;

pub use self::{
    call::Call,
    outcome::{Fault, JobOutcome},
    progress::JobProgress,
    work::{Fail, Stop, Work},
    worker_stats::{ChunkRecord, WorkerCounts, WorkerStats},
};

/// A job; its fields mean what they mean in the crate `job`, which has more.
pub struct Job<'a> {
    /// The first index.
    pub start: u64,
    /// Number of indices.
    pub size: u64,
    /// Chunks end at multiples of this, except the last one; 0 means 1.
    pub align: u64,
    /// The least that is worth a chunk; 0 means 1.
    pub min_chunk: u64,
    /// Workers at most, the caller among them.
    pub max_threads: u32,
    /// Chunk policy.
    pub policy: Policy,
    /// Chunks a worker gets on average, where the policy asks for that.
    pub per_worker: u32,
    /// Chunks that a worker takes before it does any of them.
    pub burst: u32,
    /// CPU time that the job may take, in percent of one CPU; 0 is no bound.
    pub cap: u32,
    /// Deadline, in nanoseconds; 0 is none.
    pub deadline_ns: u64,
    /// Whether workers help out on other nodes when nothing is left on theirs.
    pub spill: bool,
    /// Whether what was done is undone if the job is not completed.
    pub undo: bool,
    /// Chunks that are recorded for each worker.
    pub trace: u32,
    /// Called often; true cancels the job.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Job<'_> {
    /// Returns the end of the range.
    pub(crate) fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Multithreaded jobs: one range, many workers, for any module that links this crate.
//!
//! `padata_do_multithreaded()` of `kernel/padata.c` runs such jobs at boot. This runs them at any
//! time, with what the authors of padata left for later: errors that name their chunk, undo,
//! cancellation, deadlines, progress, and bounds on the CPU time of helpers. After Daniel Jordan,
//! "Multithreaded Struct Page Initialization", and ktask.
//!
//! ```ignore
//! let pool = Pool::new(c"my-module")?;
//! let job = Job { size: pages, align: 512, min_chunk: 64, ..Job::default() };
//! let outcome = job.run(&pool, &work, &JobProgress::new());      // `work` implements `Work`
//! outcome.result()?;
//! ```

#![deny(unsafe_code)]

mod cap;
mod execution;
mod log;
mod node_range;
mod outcome;
mod progress;
mod rate;
mod registry;
mod run;
mod work;
mod worker;
mod worker_slots;
mod worker_stats;

use abi::job_runner::Policy;
use rig::VcpuSet;
pub use rig::{
    Pool,
    Start, //
};

pub use self::{
    outcome::{
        Fault,
        JobOutcome, //
    },
    progress::JobProgress,
    work::{
        Fail,
        Stop,
        Work, //
    },
    worker_stats::{
        ChunkRecord,
        WorkerCounts,
        WorkerStats, //
    }, //
};

/// A job. `start`, `size`, `align`, `min_chunk` and `max_threads` mean what they mean in
/// `struct padata_mt_job`: units are the caller's own, chunks end at absolute multiples of `align`,
/// and a worker is worth its start for each `min_chunk`.
#[derive(Clone)]
pub struct Job<'a> {
    /// The first index.
    pub start: u64,
    /// Number of indices.
    pub size: u64,
    /// Chunks, and calls of the job function, end at multiples of this, except the last one; 0 means
    /// 1.
    pub align: u64,
    /// The least that is worth a chunk; 0 means 1.
    pub min_chunk: u64,
    /// Workers at most, the caller among them.
    pub max_threads: u32,
    /// Chunk policy.
    pub policy: Policy,
    /// Chunks a worker gets on average, where the policy asks for that.
    pub per_worker: u32,
    /// Chunks that a worker takes before it does any of them; more than 1 only to measure contention.
    pub burst: u32,
    /// Nice value of helpers: 19 by default, so that they disturb no other task.
    pub nice: i32,
    /// CPU time that the job may take, in percent of one CPU; 0 is no bound. A kernel thread cannot
    /// be charged to the cgroup of its user, so this does not replace the CPU controller.
    pub cap: u32,
    /// Deadline, by the monotonic clock in nanoseconds; 0 is none.
    pub deadline_ns: u64,
    /// vCPUs that helpers may use; the caller stays where it is.
    pub cpus: Places<'a>,
    /// NUMA nodes, each of which gets a part of the range for its CPUs.
    ///
    /// Helpers allocate nothing: memory is where the policy of the caller put it before.
    pub nodes: Nodes,
    /// Whether workers help out on other nodes when nothing is left on theirs.
    pub spill: bool,
    /// Helpers that may be at work, of all jobs of the pool and on each node, in percent of the
    /// vCPUs; ktask's rule is 80, and at least one.
    pub helpers: u32,
    /// Helpers that are denied, as if memory were short: for tests.
    pub deny: u32,
    /// How helpers are started.
    pub begin: Start,
    /// Whether what was done is undone if the job is not completed.
    pub undo: bool,
    /// Chunks that are recorded for each worker.
    pub trace: u32,
    /// Called often; true cancels the job.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// vCPUs that helpers may use.
#[derive(Clone, Copy)]
pub enum Places<'a> {
    /// Those of the caller, by its affinity and its cpuset.
    OfTheCaller,
    /// These, whatever the caller may use: for a thread that works for another task.
    These(&'a VcpuSet),
}

impl Places<'_> {
    /// Returns whether a helper may work on `vcpu`.
    fn has(self, vcpu: u32) -> bool {
        match self {
            Self::OfTheCaller => rig::may_run_on(vcpu),
            Self::These(cpus) => cpus.has(vcpu),
        }
    }
}

/// The NUMA nodes as a job sees them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nodes {
    /// Those of the machine.
    OfTheMachine,
    /// So many, each with an equal share of the vCPUs; 1 is a machine without nodes.
    Simulated(u32),
}

impl From<u32> for Nodes {
    /// So many, or those of the machine if that is 0.
    fn from(nodes: u32) -> Self {
        match nodes {
            0 => Self::OfTheMachine,
            nodes => Self::Simulated(nodes),
        }
    }
}

impl Default for Job<'_> {
    fn default() -> Self {
        Self {
            start: 0,
            size: 0,
            align: 1,
            min_chunk: 1,
            max_threads: u32::MAX,
            policy: Policy::StealAware,
            per_worker: 4,
            burst: 1,
            nice: 19,
            cap: 0,
            deadline_ns: 0,
            cpus: Places::OfTheCaller,
            nodes: Nodes::OfTheMachine,
            spill: true,
            helpers: 80,
            deny: 0,
            begin: Start::Wake,
            undo: false,
            trace: 0,
            cancelled: &|| false,
        }
    }
}

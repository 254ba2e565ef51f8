// SPDX-License-Identifier: GPL-2.0

//! Multithreaded jobs: one range, many workers, for any module that links this crate.
//!
//! What `padata_do_multithreaded()` in `kernel/padata.c` is for the time of boot, at run time, and
//! with what its authors left for later: errors that name their chunk, undo, cancelling,
//! deadlines, progress, and bounds on what helpers take from others. After Daniel Jordan,
//! "Multithreaded Struct Page Initialization", and ktask.
//!
//! ```ignore
//! let pool = Pool::new(c"my-module")?;
//! let job = Job { size: pages, align: 512, min_chunk: 64, ..Job::default() };
//! let done = job.run(&pool, &work, &Ticket::new());      // `work` implements `Work`
//! done.result()?;
//! ```

#![deny(unsafe_code)]

mod cap;
mod done;
mod floor;
mod hand;
mod log;
mod registry;
mod run;
mod seats;
mod shift;
mod slot;
mod ticket;
mod work;

use abi::job_runner::{
    Cpus,
    Policy, //
};
pub use rig::{
    Pool,
    Start, //
};

pub use self::{
    done::{
        Done,
        Fault, //
    },
    slot::{
        Mark,
        Slot, //
    },
    ticket::Ticket,
    work::{
        Fail,
        Stop,
        Work, //
    },
};

/// A job. `start`, `size`, `align`, `min_chunk` and `max_threads` mean what they mean in
/// `struct padata_mt_job`: units are the caller's own, chunks end at absolute multiples of `align`,
/// and a worker is worth its start for each `min_chunk`.
#[derive(Clone)]
pub struct Job<'a> {
    /// The first index.
    pub start: u64,
    /// How many.
    pub size: u64,
    /// Chunks, and calls of the job's function, end at multiples of this, the last one apart; 0 is
    /// taken as 1.
    pub align: u64,
    /// The least that is worth handing out; 0 is taken as 1.
    pub min_chunk: u64,
    /// Workers at most, the caller among them.
    pub max_threads: u32,
    /// How the range is handed out.
    pub policy: Policy,
    /// Chunks a worker gets on average, where the policy asks for that.
    pub per_worker: u32,
    /// Chunks that a worker takes before it does any of them; more than 1 only to measure that.
    pub burst: u32,
    /// How nice helpers are: 19 by default, so that they disturb nobody.
    pub nice: i32,
    /// CPU time that the job may take, in percent of one CPU; 0 is no bound. A kernel thread cannot
    /// be charged to the cgroup of whom it works for, so this is no replacement of its controller.
    pub cap: u32,
    /// When the job is given up, by the monotonic clock in nanoseconds; 0 is never.
    pub deadline_ns: u64,
    /// vCPUs that helpers may use; the caller stays where it is.
    pub cpus: Places,
    /// Parts of the range, one for each NUMA node, worked on by the CPUs of that node.
    ///
    /// Helpers allocate nothing: memory is where the caller's policy put it before.
    pub nodes: Nodes,
    /// Whether workers help out on other nodes when nothing is left on theirs.
    pub spill: bool,
    /// Helpers that may be at work, of all jobs of the pool and on each node, in percent of the
    /// vCPUs; ktask's rule is 80, and at least one.
    pub helpers: u32,
    /// Helpers that cannot be had, as if memory were short: for tests.
    pub deny: u32,
    /// How helpers are told to begin.
    pub begin: Start,
    /// Whether what was done is undone if the job does not end well.
    pub undo: bool,
    /// Chunks that each worker may record.
    pub trace: u32,
    /// Asked often: true ends the job.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// Where helpers may work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// Where the caller may run, by its affinity and its cpuset.
    OfTheCaller,
    /// On these, whatever the caller may: for one who works for somebody else.
    These(Cpus),
}

impl Places {
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
    Pretended(u32),
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

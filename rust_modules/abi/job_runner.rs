// SPDX-License-Identifier: GPL-2.0

//! `job-runner`: what to run, and what came of it.

mod cpus;
mod lines;
mod policies;

pub use self::{
    cpus::Cpus,
    lines::{
        Chunk,
        Fault,
        Oracle,
        Progress,
        Run,
        Sum,
        Timing,
        Worker, //
    },
    policies::Policy, //
};
use crate::Allowed;
pub use crate::Switch;

choice! {
    /// What is done at each index.
    JobFunction {
        /// Burn `work_ns`.
        Spin = "spin",
        /// Burn from nothing at the first index to twice `work_ns` at the last.
        Uneven = "uneven",
        /// Burn `work_ns`, and fail at the index `fail_at`.
        Fault = "fault",
        /// Clear one page of memory that the module owns.
        ClearPages = "clear-pages",
        /// Clear one huge page, 2 MiB in a row.
        ClearHuge = "clear-huge",
        /// Initialise the descriptor of a page frame: 64 bytes, as deferred struct page init does.
        PageInit = "page-init",
        /// The kernel's crc32c over one page.
        Checksum = "checksum",
        /// Add up the words of one page.
        Sum = "sum",
    }
}

choice! {
    /// How helpers are told to begin.
    Start {
        /// Threads that sleep are woken.
        Wake = "wake",
        /// `queue_work_on()` and a completion each.
        QueueWork = "queue_work",
    }
}

choice! {
    /// How a job ended.
    JobEnd {
        /// Every index was done.
        Done = "done",
        /// An index failed.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// Its time was up.
        Deadline = "deadline",
    }
}

settings! {
    /// What a run does. `start`, `size`, `align`, `min_chunk` and `max_threads` are those of
    /// `struct padata_mt_job` in `include/linux/padata.h`.
    Config(limits) {
        /// How the range is handed out.
        policy: Policy = Policy::Padata, in Allowed::Names(Policy::NAMES);
        /// What is done at each index.
        job: JobFunction = JobFunction::Spin, in Allowed::Names(JobFunction::NAMES);
        /// The first index.
        start: u64 = 0, in Allowed::Range(0, 1 << 40);
        /// How many indices; what they need of memory is within what is free.
        size: u64 = 4096, in Allowed::Range(0, 1 << 24);
        /// Chunks end at multiples of this, the last one apart; 0 is taken as 1.
        align: u64 = 1, in Allowed::Range(0, 1 << 24);
        /// The least that is worth handing out; 0 is taken as 1.
        min_chunk: u64 = 1, in Allowed::Range(0, 1 << 24);
        /// Workers at most; worker `i` is on the `i`th vCPU that is online and allowed.
        max_threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Work at each index (`spin`), in nanoseconds of an undisturbed vCPU.
        work_ns: u32 = 1000, in Allowed::Range(0, 1_000_000);
        /// The job is given up after this, in milliseconds.
        limit_ms: u32 = 10_000, in Allowed::Range(1, 60_000);
        /// Chunks a worker gets on average (`padata`, `cursor`).
        per_worker: u32 = 4, in Allowed::Range(1, 1 << 20);
        /// Chunks that a worker takes before it does any of them. 1 is what a job wants; with more, workers
        /// that take chunks meet nothing but each other, and what that costs can be measured.
        burst: u32 = 1, in Allowed::Range(1, 1 << 20);
        /// The index, counted from `start`, at which `fault` fails.
        fail_at: u64 = 1000, in Allowed::Range(0, 1 << 24);
        /// Whether a job that did not end well undoes what was done.
        undo: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// How nice helpers are.
        nice: u32 = 19, in Allowed::Range(0, 19);
        /// CPU time that the job may take, in percent of one CPU; 0 is no bound.
        cap: u32 = 0, in Allowed::Range(0, 100 * u64::from(limits.vcpus));
        /// The vCPUs that workers may use, besides those of whoever writes `start`.
        cpus: Cpus = Cpus::ALL, in Allowed::Names(Cpus::FORM);
        /// NUMA nodes with a part of the range each; 0: those of the machine.
        nodes: u32 = 1, in Allowed::Range(0, 8);
        /// Whether workers help out on other nodes when nothing is left on theirs.
        spill: Switch = Switch::On, in Allowed::Names(Switch::NAMES);
        /// Helpers that may be at work, of all jobs and on each node, in percent of the vCPUs.
        helpers: u32 = 80, in Allowed::Range(0, 100);
        /// Helpers that cannot be had, as if memory were short.
        deny: u32 = 0, in Allowed::Range(0, 255);
        /// How helpers are started.
        begin: Start = Start::Wake, in Allowed::Names(Start::NAMES);
        /// Jobs at a time, each with its own part of the range.
        callers: u32 = 1, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Whether each call of the job's function is again a job.
        nested: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// Random jobs within these settings instead of one; each is held against the oracle.
        check: u32 = 0, in Allowed::Range(0, 1_000_000);
        /// What they are drawn from.
        seed: u32 = 1, in Allowed::Range(0, 0xffff_ffff);
        /// Whether the report has a line for each chunk.
        trace: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// Whether a plain loop does the same work first, on each vCPU that is to work in turn, to be
        /// compared with.
        plain: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Settings and report lines of `job-runner`.

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
        Unsound,
        Worker, //
    },
    policies::Policy, //
};
use crate::Allowed;
pub use crate::Switch;

choice! {
    /// Job function: the work at each index.
    JobFunction {
        /// A busy loop of `work_ns`.
        Spin = "spin",
        /// A busy loop, from nothing at the first index to twice `work_ns` at the last.
        Uneven = "uneven",
        /// A busy loop of `work_ns`, and an error at the index `fail_at`.
        Fault = "fault",
        /// Clear one page of memory that the module owns.
        ClearPages = "clear-pages",
        /// Clear one huge page, 2 MiB of contiguous memory.
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
    /// Start of helpers.
    Start {
        /// Wake-up of threads that sleep.
        Wake = "wake",
        /// `queue_work_on()` and a completion each.
        QueueWork = "queue_work",
    }
}

choice! {
    /// End of a job.
    JobEnd {
        /// Every index was done.
        Done = "done",
        /// An index failed.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// Its deadline passed.
        Deadline = "deadline",
        /// Too few or too many indices were done, for no other reason: the chunk policy is wrong.
        Unsound = "unsound",
    }
}

choice! {
    /// Rule of the oracle.
    Rule {
        /// Each index is done at most once, and each call ends at a multiple of `align`.
        Coverage = "coverage",
        /// A job is done if and only if no index was missed, and ends early for a reason.
        End = "end",
        /// Workers count the indices that were done.
        Count = "count",
        /// What a job that is not completed has done is undone once, if that is due, and nothing else.
        Undo = "undo",
        /// A job that failed names the error, the index and its chunk.
        Fault = "fault",
        /// No call is shorter than `min_chunk`, but the first and the last one of the range.
        Call = "call",
    }
}

settings! {
    /// Settings of a run. `start`, `size`, `align`, `min_chunk` and `max_threads` are those of
    /// `struct padata_mt_job` in `include/linux/padata.h`.
    Config(limits) {
        /// Chunk policy.
        policy: Policy = Policy::Padata, in Allowed::Names(Policy::NAMES);
        /// Job function: the work at each index.
        job: JobFunction = JobFunction::Spin, in Allowed::Names(JobFunction::NAMES);
        /// The first index.
        start: u64 = 0, in Allowed::Range(0, 1 << 40);
        /// Number of indices; the memory that they need must be free.
        size: u64 = 4096, in Allowed::Range(0, 1 << 24);
        /// Chunks end at multiples of this, except the last one; 0 means 1.
        align: u64 = 1, in Allowed::Range(0, 1 << 24);
        /// The least that is worth a chunk; 0 means 1.
        min_chunk: u64 = 1, in Allowed::Range(0, 1 << 24);
        /// Workers at most; worker `i` is on the `i`th vCPU that is online and allowed.
        max_threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Time of the busy loop at each index (`spin`), in nanoseconds of an undisturbed vCPU.
        work_ns: u32 = 1000, in Allowed::Range(0, 1_000_000);
        /// Deadline of the job, in milliseconds.
        limit_ms: u32 = 10_000, in Allowed::Range(1, 60_000);
        /// Chunks a worker gets on average (`padata`, `cursor`).
        per_worker: u32 = 4, in Allowed::Range(1, 1 << 20);
        /// Chunks that a worker takes before it does any of them; more than 1 only to measure the
        /// contention of workers that take chunks.
        burst: u32 = 1, in Allowed::Range(1, 1 << 20);
        /// The index, counted from `start`, at which `fault` fails.
        fail_at: u64 = 1000, in Allowed::Range(0, 1 << 24);
        /// Whether a job that is not completed undoes what was done.
        undo: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// Nice value of helpers.
        nice: u32 = 19, in Allowed::Range(0, 19);
        /// CPU time that the job may take, in percent of one CPU; 0 is no bound.
        cap: u32 = 0, in Allowed::Range(0, 100 * u64::from(limits.vcpus));
        /// vCPUs that workers may use, of those that the writer of `start` may use.
        cpus: Cpus = Cpus::ALL, in Allowed::Names(Cpus::FORM);
        /// Simulated NUMA nodes, with a part of the range each; 0: the nodes of the machine.
        nodes: u32 = 1, in Allowed::Range(0, 8);
        /// Whether workers take chunks of other nodes when nothing is left on theirs.
        spill: Switch = Switch::On, in Allowed::Names(Switch::NAMES);
        /// Limit of helpers at work, in all jobs and on each node, in percent of the vCPUs.
        helpers: u32 = 80, in Allowed::Range(0, 100);
        /// Helpers that are denied, as if memory were short.
        deny: u32 = 0, in Allowed::Range(0, 255);
        /// Start of helpers.
        begin: Start = Start::Wake, in Allowed::Names(Start::NAMES);
        /// Jobs at a time, each with its own part of the range.
        callers: u32 = 1, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Whether each call of the job function is again a job, with the helpers that are left.
        nested: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// Number of random jobs within these settings instead of one job; the oracle checks each.
        check: u32 = 0, in Allowed::Range(0, 1_000_000);
        /// Seed of the random jobs.
        seed: u32 = 1, in Allowed::Range(0, 0xffff_ffff);
        /// Whether the report has a line for each chunk.
        trace: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// Whether a plain loop does the same work first, on each vCPU in turn, for comparison.
        plain: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
    }
}

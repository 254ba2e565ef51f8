// SPDX-License-Identifier: GPL-2.0

//! `job-runner`: what to run, and what came of it.

use crate::{
    status::Verdict,
    Allowed, //
};

choice! {
    /// How a range is handed out to workers.
    Policy {
        /// Neighbouring chunks share an index: every run of two chunks must catch it.
        Busted = "busted",
        /// One equal part for each worker.
        Static = "static",
        /// The kernel's `padata_do_multithreaded`: a shared cursor, four chunks a worker.
        Padata = "padata",
        /// Chunks that shrink with what is left.
        Guided = "guided",
    }
}

choice! {
    /// What is done at each index.
    Job {
        /// Burn `work_ns`.
        Spin = "spin",
        /// Clear one page of memory that the module owns.
        ClearPages = "clear-pages",
    }
}

settings! {
    /// What a run does. `start`, `size`, `align`, `min_chunk` and `max_threads` are those of
    /// `struct padata_mt_job` in `include/linux/padata.h`.
    Config(limits) {
        /// How the range is handed out.
        policy: Policy = Policy::Padata, in Allowed::Names(Policy::NAMES);
        /// What is done at each index.
        job: Job = Job::Spin, in Allowed::Names(Job::NAMES);
        /// The first index.
        start: u64 = 0, in Allowed::Range(0, 1 << 40);
        /// How many indices; a page each for `clear-pages`, within the memory that is free.
        size: u64 = 4096, in Allowed::Range(0, 1 << 24);
        /// Chunks end at multiples of this, the last one apart; 0 is taken as 1.
        align: u64 = 1, in Allowed::Range(0, 1 << 24);
        /// The least that is worth handing out; 0 is taken as 1.
        min_chunk: u64 = 1, in Allowed::Range(0, 1 << 24);
        /// Workers at most; worker `i` is bound to the `i`th online vCPU.
        max_threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Work at each index (`spin`), in nanoseconds of an undisturbed vCPU.
        work_ns: u32 = 1000, in Allowed::Range(0, 1_000_000);
        /// The job is given up after this, in milliseconds.
        limit_ms: u32 = 10_000, in Allowed::Range(1, 60_000);
    }
}

line! {
    /// The first line of a report.
    Run = "job-runner" {
        /// [`crate::SCHEMA`].
        schema: u32,
        /// The run's number since the module was loaded or reset.
        run: u64,
    }
}

line! {
    /// What the workers came to together.
    Sum = "sum" {
        /// From the opening of the gate until the last worker left, in nanoseconds.
        elapsed_ns: u64,
        /// Workers that took part, by padata's rule; at most `max_threads`.
        workers: u32,
        /// Chunks handed out.
        chunks: u64,
        /// Indices done exactly once.
        once: u64,
        /// Indices never done.
        missed: u64,
        /// Indices done more than once.
        repeated: u64,
        /// 1 if the job was stopped or ran into `limit_ms`.
        cut_short: u32,
        /// Whether every index was done exactly once; untested if the job was cut short and no
        /// index was repeated.
        coverage: Verdict,
    }
}

line! {
    /// What one worker did; one line each, in the order of `index`.
    Worker = "worker" {
        /// The worker.
        index: u32,
        /// The vCPU it was bound to.
        vcpu: u32,
        /// Chunks it took.
        chunks: u64,
        /// Indices it did.
        items: u64,
        /// From its first chunk to the end of its last, in nanoseconds.
        busy_ns: u64,
        /// How often it found itself on another vCPU than before (its own went offline).
        moved: u32,
    }
}

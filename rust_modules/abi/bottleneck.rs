// SPDX-License-Identifier: GPL-2.0

//! `bottleneck`: what to run, and what came of it.

mod cases;
mod finding;
mod names;

pub use self::{
    cases::{
        About,
        CASES, //
    },
    finding::Finding,
    names::{
        Case,
        Lock,
        Variant, //
    },
};
use crate::{
    lock_load::Evidence,
    status::OracleState,
    Allowed,
    Switch, //
};

settings! {
    /// What a run does. A setting that a case does not use is left alone.
    Config(limits) {
        /// What is fought over.
        case: Case = Case::Ids, in Allowed::Names(Case::NAMES);
        /// How it is done.
        variant: Variant = Variant::Exact, in Allowed::Names(Variant::NAMES);
        /// The lock, where the variant has one.
        lock: Lock = Lock::Ticket, in Allowed::Names(Lock::NAMES);
        /// Threads; thread `i` is bound to the `i`th online vCPU.
        threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Length of the run, in milliseconds.
        run_ms: u32 = 200, in Allowed::Range(1, 900_000);
        /// The pause after each burst, in nanoseconds.
        idle_ns: u32 = 0, in Allowed::Range(0, 10_000_000);
        /// Operations that follow each other at once; a look at the clock, and the pause, after each.
        burst: u32 = 256, in Allowed::Range(1, 1 << 16);
        /// How many of 1000 operations change what the others look up.
        write_permille: u32 = 0, in Allowed::Range(0, 1000);
        /// Components of a path, entries of a bucket, or generations of processes.
        depth: u32 = 4, in Allowed::Range(1, 64);
        /// What the case has of: mounts, entries, pages, numbers in a batch.
        size: u32 = 64, in Allowed::Range(1, 1 << 16);
        /// What is rare happens once in so many operations; 0: never.
        every: u32 = 0, in Allowed::Range(0, 1 << 20);
        /// All threads start from one directory (`path_walk`), or each from its own.
        shared: Switch = Switch::On, in Allowed::Names(Switch::NAMES);
    }
}

line! {
    /// The first line of a report.
    Run = "bottleneck" {
        /// [`crate::SCHEMA`].
        schema: u32,
        /// The run's number since the module was loaded or reset.
        run: u64,
    }
}

line! {
    /// What the threads came to together.
    Sum = "sum" {
        /// From when all threads had come until the last one left, in nanoseconds.
        elapsed_ns: u64,
        /// The case.
        case: Case,
        /// Its variant.
        variant: Variant,
        /// The lock, where the variant has one.
        lock: Lock,
        /// Threads.
        threads: u32,
        /// Operations of all threads.
        ops: u64,
        /// Those of the thread that did least.
        min: u64,
        /// Those of the thread that did most.
        max: u64,
        /// What was seen that must not be, and findings that were not as due.
        wrong: u64,
        /// Whether all that the case promises was seen to hold.
        verdict: OracleState,
    }
}

line! {
    /// The CPU time that the threads had.
    Granted = "granted" {
        /// All of it, in nanoseconds, pauses left out.
        cpu_ns: u64,
        /// The time in which they were at work, but their vCPU seems not to have had a CPU.
        lost_ns: u64,
        /// What tells that.
        evidence: Evidence,
    }
}

line! {
    /// What one thread did; one line each, in the order of `index`.
    Thread = "thread" {
        /// The thread.
        index: u32,
        /// The vCPU it was bound to.
        vcpu: u32,
        /// Operations it did.
        ops: u64,
        /// The time it was at work, in nanoseconds.
        busy_ns: u64,
        /// How much of it the vCPU seems not to have had a CPU.
        lost_ns: u64,
        /// Locks it took.
        locks: u64,
        /// How often it had to wait for one.
        waits: u64,
        /// For how long, in nanoseconds.
        wait_ns: u64,
        /// How often it found itself on another vCPU than before, as when that went offline.
        moved: u32,
    }
}

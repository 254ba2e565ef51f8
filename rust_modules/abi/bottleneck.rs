// SPDX-License-Identifier: GPL-2.0

//! `bottleneck`: settings, and the lines of its report.

mod finding;
mod list;
mod names;

pub use self::{
    finding::Finding,
    list::{
        Facts,
        Kind, //
    },
    names::{
        Lock,
        Variant, //
    },
};
use crate::{
    lock_load::LostTimeSource,
    status::OracleState,
    Allowed,
    Switch, //
};

settings! {
    /// Settings of a run. A setting that a bottleneck does not use is ignored.
    Config(limits) {
        /// Bottleneck.
        case: Kind = Kind::Ids, in Allowed::Names(Kind::NAMES);
        /// Implementation: the baseline, a fix, or `busted`.
        variant: Variant = Variant::Exact, in Allowed::Names(Variant::NAMES);
        /// Spinlock of a variant that has one.
        lock: Lock = Lock::Ticket, in Allowed::Names(Lock::NAMES);
        /// Threads; thread `i` is bound to the `i`th online vCPU.
        threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Length of the run, in milliseconds.
        run_ms: u32 = 200, in Allowed::Range(1, 900_000);
        /// Pause after each burst, in nanoseconds.
        idle_ns: u32 = 0, in Allowed::Range(0, 10_000_000);
        /// Operations of a burst; the clock is read after each burst.
        burst: u32 = 256, in Allowed::Range(1, 1 << 16);
        /// Writes, of 1000 operations; what a write is depends on the bottleneck.
        write_permille: u32 = 0, in Allowed::Range(0, 1000);
        /// Components of a path, entries of a bucket, or generations of processes.
        depth: u32 = 4, in Allowed::Range(1, 64);
        /// Mounts, entries, pages, or numbers of a batch.
        size: u32 = 64, in Allowed::Range(1, 1 << 16);
        /// Period of the rare operation, in operations; 0: never.
        every: u32 = 0, in Allowed::Range(0, 1 << 20);
        /// All threads start from one working directory (`path_walk`), or each from its own.
        shared: Switch = Switch::On, in Allowed::Names(Switch::NAMES);
    }
}

line! {
    /// The first line of a report.
    Run = "bottleneck" {
        /// [`crate::SCHEMA`].
        schema: u32,
        /// Number of the run since the module was loaded or reset.
        run: u64,
    }
}

line! {
    /// Totals of the threads.
    Sum = "sum" {
        /// From the arrival of all threads at the start barrier to the exit of the last, in nanoseconds.
        elapsed_ns: u64,
        /// Bottleneck.
        case: Kind,
        /// Implementation.
        variant: Variant,
        /// Spinlock of a variant that has one.
        lock: Lock,
        /// Threads.
        threads: u32,
        /// Operations of all threads.
        ops: u64,
        /// Operations of the slowest thread.
        min: u64,
        /// Operations of the fastest thread.
        max: u64,
        /// Errors during the run, and findings that differ from what is due.
        wrong: u64,
        /// Whether all promises of the bottleneck held.
        verdict: OracleState,
    }
}

line! {
    /// CPU time of the threads.
    CpuTime = "cpu_time" {
        /// CPU time, in nanoseconds, without pauses.
        cpu_ns: u64,
        /// Lost time: operations were under way, but the vCPU had no CPU.
        lost_ns: u64,
        /// Source of the lost time.
        #[cfg_attr(feature = "serde", serde(alias = "evidence"))]
        lost_time: LostTimeSource,
    }
}

line! {
    /// Statistics of a thread; one line each, in the order of `index`.
    Thread = "thread" {
        /// Number of the thread.
        index: u32,
        /// vCPU that it was bound to.
        vcpu: u32,
        /// Operations.
        ops: u64,
        /// Time in operations, in nanoseconds.
        busy_ns: u64,
        /// Lost part of it.
        lost_ns: u64,
        /// Locks taken.
        locks: u64,
        /// Contended acquisitions.
        waits: u64,
        /// Time in waits for locks, in nanoseconds.
        wait_ns: u64,
        /// Migrations to another vCPU, as when its vCPU went offline.
        moved: u32,
    }
}

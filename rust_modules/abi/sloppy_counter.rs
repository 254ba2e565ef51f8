// SPDX-License-Identifier: GPL-2.0

//! Settings and report lines of `sloppy-counter`.

mod counters;

pub use self::counters::{
    Counter,
    Facts, //
};
pub use crate::Switch;
use crate::{
    status::OracleState,
    Allowed, //
};

choice! {
    /// Work of the threads.
    Work {
        /// They add to one `counter`.
        Adds = "adds",
        /// They get and put references to `objects` things, which end and are reclaimed.
        Refs = "refs",
        /// They take unique numbers, each of which is marked as taken.
        Ids = "ids",
        /// They add to a counter with a limit, and take away.
        Limit = "limit",
        /// They add to `objects` counters by turns.
        Many = "many",
    }
}

settings! {
    /// Settings of a run.
    Config(limits) {
        /// The counter under test.
        counter: Counter = Counter::Sloppy, in Allowed::Names(Counter::NAMES);
        /// Work of the threads; all but `adds` have a counter of their own.
        work: Work = Work::Adds, in Allowed::Names(Work::NAMES);
        /// Threads; thread `i` is bound to the `i`th online vCPU.
        threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Most that a vCPU may hold back (`sloppy`); the batch of `percpu_counter` is the kernel's.
        threshold: u32 = 64, in Allowed::Range(1, 1 << 20), live;
        /// Most that a node may hold back (`hierarchical`).
        node_threshold: u32 = 1024, in Allowed::Range(1, 1 << 20);
        /// Nodes, with an equal share of the vCPUs each (`hierarchical`).
        nodes: u32 = 2, in Allowed::Range(1, 8);
        /// Additions of a burst; the clock is read, and the pause made, after each burst.
        burst: u32 = 1021, in Allowed::Range(1, 1 << 20);
        /// The pause, in nanoseconds.
        idle_ns: u32 = 0, in Allowed::Range(0, 10_000_000);
        /// Cheap reads among all operations, in percent.
        reads: u32 = 0, in Allowed::Range(0, 99);
        /// Whether each thread publishes its additions, so that reads are compared with the truth.
        audit: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// Period of folds of every vCPU, in milliseconds; 0: never.
        fold_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// Period of additions in an interrupt on every vCPU, in milliseconds; 0: never.
        irq_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// Period of changes of the threshold between two values, in milliseconds; 0: never.
        change_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// Period at which the last vCPU goes offline or online, in milliseconds; 0: never.
        onoff_ms: u32 = 0, in Allowed::Range(0, 60_000);
        /// Objects that are referred to (`refs`), counters (`many`).
        objects: u32 = 1000, in Allowed::Range(1, 10_000);
        /// Length of the run, in milliseconds.
        run_ms: u32 = 200, in Allowed::Range(1, 900_000);
    }
}

line! {
    /// The first line of a report.
    Run = "sloppy-counter" {
        /// [`crate::SCHEMA`].
        schema: u32,
        /// The run's number since the module was loaded or reset.
        run: u64,
    }
}

line! {
    /// Totals of all threads.
    Sum = "sum" {
        /// Time from the start barrier until the last thread left, in nanoseconds.
        elapsed_ns: u64,
        /// Operations that the threads counted, without reads.
        adds: u64,
        /// The true sum of these; 0 of references, which are got and put by turns.
        truth: i64,
        /// The exact sum of the counter after the run.
        sum: i64,
        /// The cheap read after the run, before any fold.
        read: i64,
        /// Bound on the error of the cheap read that the counter promises.
        bound: u64,
        /// Oracle: whether all that the work promises held.
        total: OracleState,
    }
}

line! {
    /// Time of an operation, over all threads, in picoseconds.
    Speed = "speed" {
        /// The time that threads spent in bursts of additions, in nanoseconds.
        busy_ns: u64,
        /// The part of it that was lost to preemption, by bursts that took far longer than others.
        lost_ns: u64,
        /// Steal time of the vCPUs; 0 where the hypervisor reports none.
        steal_ns: u64,
        /// An addition, without lost time.
        add_ps: u64,
        /// An addition in the fastest burst.
        best_add_ps: u64,
        /// An addition in bursts during which another thread ended one, too; 0 without any.
        shared_add_ps: u64,
        /// Additions in these.
        shared: u64,
        /// Cheap reads.
        reads: u64,
        /// A read, without lost time.
        read_ps: u64,
        /// A read in the fastest burst.
        best_read_ps: u64,
    }
}

line! {
    /// Reads compared with the truth, if `audit` was on.
    Audit = "audit" {
        /// Reads.
        samples: u64,
        /// Those whose error exceeded the bound.
        broken: u64,
        /// The largest certain error.
        worst: u64,
        /// The largest bound.
        bound: u64,
        /// The largest error in relation to its bound, in thousandths.
        of_bound: u64,
        /// The largest age of a read, in nanoseconds.
        stale_ns: u64,
        /// Folds of all vCPUs.
        folds: u64,
        /// Changes of the threshold.
        changes: u64,
        /// How often a vCPU went offline.
        deaths: u64,
        /// Additions in interrupts.
        interrupts: u64,
    }
}

choice! {
    /// Quantity of a histogram.
    Of {
        /// Errors of reads.
        Error = "error",
        /// Ages of reads, in nanoseconds.
        Stale = "stale",
    }
}

line! {
    /// Bucket of a histogram; one line each, without empty ones.
    Bucket = "bucket" {
        /// Quantity.
        of: Of,
        /// Lower edge.
        from: u64,
        /// Samples.
        count: u64,
    }
}

line! {
    /// Promises of the works other than `adds`, and what was observed.
    Check = "check" {
        /// References got and put, numbers taken, additions tried.
        cycles: u64,
        /// Objects whose last reference was put; numbers that must be unique; fillings of the limit;
        /// counters.
        due: u64,
        /// Zeros that were observed; different numbers; limits that were reached; counters whose sum
        /// was right.
        seen: u64,
        /// Uses after zero, numbers that came twice, crossings of the limit, wrong sums.
        wrong: u64,
        /// References that were refused; numbers that were skipped; additions refused; 0.
        refused: u64,
        /// Bound on these; 0 where there is none.
        allowed: u64,
    }
}

line! {
    /// Memory of one counter.
    Memory = "memory" {
        /// Bytes, once.
        bytes: u64,
        /// Bytes on each vCPU.
        per_vcpu: u64,
        /// Possible vCPUs.
        vcpus: u32,
        /// Bytes of the kernel's `percpu_counter`, once.
        kernel_bytes: u64,
        /// Bytes of that on each vCPU.
        kernel_per_vcpu: u64,
    }
}

line! {
    /// Count that a vCPU holds back; one line each.
    Lane = "lane" {
        /// The vCPU.
        vcpu: u32,
        /// Its count.
        held: i64,
    }
}

line! {
    /// Operations of one thread; one line each, in the order of `index`.
    Thread = "thread" {
        /// The thread.
        index: u32,
        /// The vCPU it was bound to.
        vcpu: u32,
        /// Operations it made.
        adds: u64,
        /// Migrations, as when its vCPU went offline.
        moved: u32,
    }
}

line! {
    /// Progress of a run under way: the first line of `now`, before the lanes.
    Now = "now" {
        /// The cheap read.
        read: i64,
        /// Bound on its error.
        bound: u64,
        /// The exact sum.
        sum: i64,
        /// Most that a vCPU may hold back.
        threshold: u32,
        /// Reads compared with the truth so far.
        samples: u64,
        /// Those whose error exceeded the bound.
        broken: u64,
        /// The largest certain error.
        worst: u64,
    }
}

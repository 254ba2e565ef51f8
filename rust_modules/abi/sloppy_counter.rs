// SPDX-License-Identifier: GPL-2.0

//! `sloppy-counter`: what to run, and what came of it.

pub use crate::Switch;
use crate::{
    status::OracleState,
    Allowed, //
};

choice! {
    /// The counters under test, from wrong to clever.
    Counter {
        /// None: the loop around one.
        Empty = "empty",
        /// Read, add, write, unprotected: every run of two threads must catch it.
        Busted = "busted",
        /// A number and a lock.
        Spinlocked = "spinlocked",
        /// One shared atomic.
        Exact = "exact",
        /// A number on each vCPU.
        PercpuExact = "percpu_exact",
        /// The kernel's `struct percpu_counter`.
        PercpuCounter = "percpu_counter",
        /// A central count and spares on each vCPU.
        Sloppy = "sloppy",
        /// A level between them for each node.
        Hierarchical = "hierarchical",
        /// The kernel's `refcount_t`; gets and puts by turns, as all that follow.
        Refcount = "refcount_t",
        /// The kernel's `struct percpu_ref`.
        PercpuRef = "percpu_ref",
        /// References with spares on each vCPU.
        SloppyRef = "sloppy_ref",
        /// References that are counted per vCPU until they are detached.
        MountCount = "mount_count",
        /// Unique numbers, a batch of `threshold` to each vCPU.
        BatchedIds = "batched_ids",
    }
}

choice! {
    /// What the threads do.
    Work {
        /// They add to one `counter`.
        Adds = "adds",
        /// They get and put references to `objects` things, which come to an end and are seen to.
        Refs = "refs",
        /// They take unique numbers, each of which is ticked off.
        Ids = "ids",
        /// They add to a counter with a limit, and take away.
        Limit = "limit",
        /// They add to `objects` counters by turns.
        Many = "many",
    }
}

settings! {
    /// What a run does.
    Config(limits) {
        /// The counter under test.
        counter: Counter = Counter::Sloppy, in Allowed::Names(Counter::NAMES);
        /// What the threads do; all but `adds` choose their counter themselves.
        work: Work = Work::Adds, in Allowed::Names(Work::NAMES);
        /// Threads; thread `i` is bound to the `i`th online vCPU.
        threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// How much a vCPU may hold back (`sloppy`); the batch of `percpu_counter` is the kernel's.
        threshold: u32 = 64, in Allowed::Range(1, 1 << 20), live;
        /// How much a node may hold back (`hierarchical`).
        node_threshold: u32 = 1024, in Allowed::Range(1, 1 << 20);
        /// Nodes that the vCPUs are dealt to (`hierarchical`).
        nodes: u32 = 2, in Allowed::Range(1, 8);
        /// Additions that follow each other at once; a look at the clock, and the pause, after each.
        burst: u32 = 1021, in Allowed::Range(1, 1 << 20);
        /// The pause, in nanoseconds.
        idle_ns: u32 = 0, in Allowed::Range(0, 10_000_000);
        /// Cheap reads among all operations, in percent.
        reads: u32 = 0, in Allowed::Range(0, 99);
        /// Whether each thread tells after each addition, so that reads are held against the truth.
        audit: Switch = Switch::Off, in Allowed::Names(Switch::NAMES);
        /// Every vCPU is folded so often, in milliseconds; 0: never.
        fold_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// Every vCPU adds in an interrupt so often, in milliseconds; 0: never.
        irq_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// The threshold changes so often, to and fro, in milliseconds; 0: never.
        change_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// The last vCPU goes offline or comes back so often, in milliseconds; 0: never.
        onoff_ms: u32 = 0, in Allowed::Range(0, 60_000);
        /// Things that are referred to (`refs`), counters (`many`).
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
    /// What the threads came to together.
    Sum = "sum" {
        /// From when all threads had come until the last one left, in nanoseconds.
        elapsed_ns: u64,
        /// Operations that the threads made, by their own count, reads not among them.
        adds: u64,
        /// What these come to: the truth. Of references that are got and put by turns, nothing.
        truth: i64,
        /// The exact sum that the counter gave when they had left.
        sum: i64,
        /// The cheap read at that same moment, before anything was folded.
        read: i64,
        /// How far the cheap read may be off by the counter's own promise.
        bound: u64,
        /// Whether all that the work promises was seen to hold.
        total: OracleState,
    }
}

line! {
    /// What an operation took, over all threads; times in picoseconds.
    Speed = "speed" {
        /// The time that threads spent in bursts of additions, in nanoseconds.
        busy_ns: u64,
        /// How much of it the vCPUs seem not to have had their CPU, by bursts that took far
        /// longer than others.
        lost_ns: u64,
        /// Time that the hypervisor says it took from the vCPUs; 0 where it says nothing.
        steal_ns: u64,
        /// An addition, of the time that was granted.
        add_ps: u64,
        /// An addition in the quickest burst.
        best_add_ps: u64,
        /// An addition in bursts during which another thread ended one, too; 0 without any.
        shared_add_ps: u64,
        /// Additions in these.
        shared: u64,
        /// Cheap reads that were made.
        reads: u64,
        /// A read, of the time that was granted.
        read_ps: u64,
        /// A read in the quickest burst.
        best_read_ps: u64,
    }
}

line! {
    /// Reads that were held against the truth, if `audit` was on.
    Audit = "audit" {
        /// Reads.
        samples: u64,
        /// Those that were farther off than the bound.
        broken: u64,
        /// The farthest that one was off for sure.
        worst: u64,
        /// The largest bound.
        bound: u64,
        /// The nearest that one came to its bound, in thousandths of it.
        of_bound: u64,
        /// The oldest that one was, in nanoseconds.
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
    /// What is told in buckets.
    Of {
        /// How far reads were off.
        Error = "error",
        /// How old reads were, in nanoseconds.
        Stale = "stale",
    }
}

line! {
    /// How many samples were of a size; one line each, those without any left out.
    Bucket = "bucket" {
        /// Samples of what.
        of: Of,
        /// The smallest that counts here.
        from: u64,
        /// How many.
        count: u64,
    }
}

line! {
    /// What was promised of references, numbers, limits or many counters, and what was seen.
    Check = "check" {
        /// References got and put, numbers taken, additions tried.
        cycles: u64,
        /// Things whose last reference was given up; numbers that were to be unique; fillings of
        /// the limit; counters.
        due: u64,
        /// Zeros that were seen; different numbers; limits that were reached; counters whose sum
        /// was right.
        seen: u64,
        /// Uses after zero, numbers that came twice, crossings of the limit, wrong sums.
        wrong: u64,
        /// References that were refused; numbers left out; additions refused; 0.
        refused: u64,
        /// The most of these that is right; 0 where that is not bounded.
        allowed: u64,
    }
}

line! {
    /// What one counter takes of memory.
    Memory = "memory" {
        /// Bytes, once.
        bytes: u64,
        /// Bytes on each vCPU.
        per_vcpu: u64,
        /// vCPUs that there may ever be.
        vcpus: u32,
        /// Of the kernel's `percpu_counter`: bytes, once.
        kernel_bytes: u64,
        /// Of that: bytes on each vCPU.
        kernel_per_vcpu: u64,
    }
}

line! {
    /// What a vCPU holds back; one line each.
    Lane = "lane" {
        /// The vCPU.
        vcpu: u32,
        /// What it holds back.
        held: i64,
    }
}

line! {
    /// What one thread did; one line each, in the order of `index`.
    Thread = "thread" {
        /// The thread.
        index: u32,
        /// The vCPU it was bound to.
        vcpu: u32,
        /// Operations it made.
        adds: u64,
        /// How often it found itself on another vCPU than before, as when that went offline.
        moved: u32,
    }
}

line! {
    /// How things stand in a run under way: the first line of `now`, then the lanes.
    Now = "now" {
        /// The cheap read.
        read: i64,
        /// How far it may be off.
        bound: u64,
        /// The exact sum.
        sum: i64,
        /// How much a vCPU may hold back.
        threshold: u32,
        /// Reads that were held against the truth so far.
        samples: u64,
        /// Those that were farther off than the bound.
        broken: u64,
        /// The farthest that one was off.
        worst: u64,
    }
}

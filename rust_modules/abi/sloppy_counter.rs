// SPDX-License-Identifier: GPL-2.0

//! `sloppy-counter`: what to run, and what came of it.

use crate::{
    status::Verdict,
    Allowed, //
};

choice! {
    /// The counters under test.
    Counter {
        /// Read, add, write, unprotected: every run of two threads must catch it.
        Busted = "busted",
        /// One shared atomic.
        Exact = "exact",
        /// The kernel's `struct percpu_counter`.
        PercpuCounter = "percpu_counter",
        /// A central count and spares on each vCPU.
        Sloppy = "sloppy",
    }
}

settings! {
    /// What a run does.
    Config(limits) {
        /// The counter under test.
        counter: Counter = Counter::Sloppy, in Allowed::Names(Counter::NAMES);
        /// Threads; thread `i` is bound to the `i`th online vCPU.
        threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// How much a vCPU may hold back (`sloppy`); the batch of `percpu_counter` is the kernel's.
        threshold: u32 = 64, in Allowed::Range(1, 1 << 20), live;
        /// Length of the run, in milliseconds.
        run_ms: u32 = 200, in Allowed::Range(1, 60_000);
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
        /// Additions of one that the threads made, by their own count: the truth.
        adds: u64,
        /// The exact sum that the counter gave when they had left.
        sum: i64,
        /// The cheap read at that same moment, before anything was folded.
        read: i64,
        /// How far the cheap read may be off by the counter's own promise.
        bound: u64,
        /// Whether `sum` is `adds` and `read` is within `bound` of it.
        total: Verdict,
    }
}

line! {
    /// What one thread did; one line each, in the order of `index`.
    Thread = "thread" {
        /// The thread.
        index: u32,
        /// The vCPU it was bound to.
        vcpu: u32,
        /// Additions it made.
        adds: u64,
        /// How often it found itself on another vCPU than before (its own went offline).
        moved: u32,
    }
}

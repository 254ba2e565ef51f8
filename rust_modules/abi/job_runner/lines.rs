// SPDX-License-Identifier: GPL-2.0

//! The lines of a report, in their order, and that of `now`.

use super::JobEnd;
use crate::status::OracleState;

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
        /// From the call until the return, in nanoseconds; of several jobs from the first call
        /// until the last return.
        elapsed_ns: u64,
        /// Workers that took part, by padata's rule; at most `max_threads` for each caller.
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
        /// Whether every index was done exactly once, and exactly once undone where that was due;
        /// untested if the job was cut short and nothing else is wrong.
        coverage: OracleState,
    }
}

line! {
    /// Where the time went, and what the work came to; of several jobs the worst, and the sum.
    Timing = "timing" {
        /// How the job ended; of several, how the first one did that did not end well.
        ended: JobEnd,
        /// From the call until the first chunk was taken.
        first_ns: u64,
        /// From the end of the last chunk until the return, without undoing.
        last_ns: u64,
        /// From when the first worker found nothing left until the last chunk was done.
        tail_ns: u64,
        /// Helpers that were worth their start.
        wanted: u32,
        /// Helpers that could be had.
        helpers: u32,
        /// Helpers at work at a time, of all jobs.
        most_helpers: u32,
        /// Indices undone.
        undone: u64,
        /// Ranges to be undone that overlapped one before.
        disorder: u64,
        /// How long undoing took.
        undo_ns: u64,
        /// What the work came to (`checksum`, `sum`) …
        total: u64,
        /// … and what it must come to.
        expected: u64,
        /// How long the fastest plain loop took (`plain`); 0 if there was none.
        plain_ns: u64,
    }
}

line! {
    /// The first error.
    Fault = "fault" {
        /// The errno; 0 if nothing failed.
        errno: u32,
        /// The index that failed.
        index: u64,
        /// The chunk in which it was …
        chunk_start: u64,
        /// … and where that ends.
        chunk_end: u64,
        /// Who did it.
        worker: u32,
    }
}

line! {
    /// What random jobs came to.
    Oracle = "oracle" {
        /// Jobs run.
        jobs: u64,
        /// Jobs with each index done exactly once, or undone exactly once, or never begun.
        sound: u64,
        /// Jobs that failed at some index.
        failed: u64,
        /// Jobs that were cancelled.
        cancelled: u64,
        /// Jobs whose time was up.
        late: u64,
        /// Jobs that undid something.
        undid: u64,
    }
}

line! {
    /// What one worker did; one line each, in the order of `index`. Without sleeping for a cap:
    /// `start + busy + handout + idle` is what the job took.
    Worker = "worker" {
        /// The worker.
        index: u32,
        /// The vCPU it was put on.
        vcpu: u32,
        /// Its node.
        node: u32,
        /// Chunks it took.
        chunks: u64,
        /// Indices it did.
        items: u64,
        /// From the call until it began.
        start_ns: u64,
        /// Time in the job's function.
        busy_ns: u64,
        /// Time between calls of the job's function: for taking chunks, and all that goes with it.
        handout_ns: u64,
        /// The part of it in which the policy gave out a chunk, with a look at the clock.
        take_ns: u64,
        /// What as many looks at the clock took there and then.
        look_ns: u64,
        /// How often that took over 50 us, which it can only where a vCPU does not run.
        stalls: u64,
        /// The part of `take_ns` that those took.
        stalled_ns: u64,
        /// From when it found nothing left until the return.
        idle_ns: u64,
        /// Time that it slept for the cap.
        asleep_ns: u64,
        /// Time that its vCPU lost while it was busy: as the hypervisor says, or else gaps in time.
        lost_ns: u64,
        /// CPU time.
        cpu_ns: u64,
        /// How often it took what was meant for another worker.
        steals: u64,
        /// How often it found itself on another vCPU than before (its own went offline).
        moved: u32,
        /// 1 if it had not begun when all was done, so that the caller stood in.
        absent: u32,
    }
}

line! {
    /// One chunk, as `trace` records them; times count from the call.
    Chunk = "chunk" {
        /// Who did it.
        worker: u32,
        /// The first index.
        start: u64,
        /// Where it ends.
        end: u64,
        /// When it was taken.
        from_ns: u64,
        /// When it was done.
        to_ns: u64,
    }
}

line! {
    /// The text of the file `now`.
    Progress = "progress" {
        /// Indices done.
        done: u64,
        /// Indices in all.
        total: u64,
        /// Time since the call.
        elapsed_ns: u64,
        /// Indices a second.
        rate: u64,
        /// Time until all are done, at this rate; 0 if that cannot be said.
        eta_ns: u64,
        /// Workers at work.
        workers: u32,
    }
}

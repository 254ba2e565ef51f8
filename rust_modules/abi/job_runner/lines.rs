// SPDX-License-Identifier: GPL-2.0

//! Lines of the files `report`, in their order, and `now` of `job-runner`: the module writes, tools parse.

use super::{
    JobEnd,
    Rule, //
};
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
    /// Totals of all workers.
    Sum = "sum" {
        /// Time from the call until the return, in nanoseconds; of several jobs, from the first call
        /// until the last return.
        elapsed_ns: u64,
        /// Workers that took part, by padata's rule; at most `max_threads` for each caller.
        workers: u32,
        /// Chunks.
        chunks: u64,
        /// Indices done exactly once.
        once: u64,
        /// Indices never done.
        missed: u64,
        /// Indices done more than once.
        repeated: u64,
        /// 1 if the job was stopped or its deadline passed.
        cut_short: u32,
        /// Oracle: whether every index was done exactly once, and undone exactly once where that was
        /// due; untested if the job was cut short and nothing else is wrong.
        coverage: OracleState,
    }
}

line! {
    /// Times, of several jobs the longest; and totals, of several jobs the sum.
    Timing = "timing" {
        /// End of the job; of several, that of the first one that was not completed.
        ended: JobEnd,
        /// Time from the call until the first chunk was taken.
        first_ns: u64,
        /// Time from the end of the last chunk until the return, without undoing.
        last_ns: u64,
        /// Time from when the first worker found nothing left until the last chunk was done.
        tail_ns: u64,
        /// Helpers that were worth their start, also those of jobs in jobs (`nested`).
        wanted: u32,
        /// Helpers that were borrowed, also by jobs in jobs, which work alone without.
        helpers: u32,
        /// Most helpers at work at a time, of all jobs.
        most_helpers: u32,
        /// Indices undone.
        undone: u64,
        /// Ranges to be undone that overlapped one before.
        disorder: u64,
        /// Time of undoing.
        undo_ns: u64,
        /// Total of the job function (`checksum`, `sum`).
        total: u64,
        /// Total that is right.
        expected: u64,
        /// Time of the fastest plain loop (`plain`); 0 if there was none.
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
        /// The first index of its chunk.
        chunk_start: u64,
        /// The end of its chunk.
        chunk_end: u64,
        /// The worker.
        worker: u32,
    }
}

line! {
    /// Random jobs.
    Oracle = "oracle" {
        /// Jobs.
        jobs: u64,
        /// Jobs of which each index was done exactly once, or undone exactly once, or never begun.
        sound: u64,
        /// Jobs that failed at some index.
        failed: u64,
        /// Jobs that were cancelled.
        cancelled: u64,
        /// Jobs whose deadline passed.
        late: u64,
        /// Jobs that undid something.
        undid: u64,
    }
}

line! {
    /// The first job that was not sound; without one there is no such line.
    Unsound = "unsound" {
        /// The number of the random job, from 1; 0 is the job of the run.
        job: u64,
        /// The rule that it broke: `coverage`, `end`, `count`, `undo`, `fault` or `call`.
        rule: Rule,
    }
}

line! {
    /// Times and counts of one worker; one line each, in the order of `index`. Without a cap,
    /// `start + busy + handout + idle` is the time of the job.
    Worker = "worker" {
        /// The worker.
        index: u32,
        /// Its vCPU.
        vcpu: u32,
        /// Its node.
        node: u32,
        /// Its chunks.
        chunks: u64,
        /// Its indices.
        items: u64,
        /// Time from the call until it began.
        start_ns: u64,
        /// Time in the job function.
        busy_ns: u64,
        /// Time between calls of the job function: in the chunk policy, and all that goes with it.
        handout_ns: u64,
        /// The part of it that the chunk policy took, with one read of the clock for each chunk.
        take_ns: u64,
        /// Time of as many reads of the clock there and then.
        look_ns: u64,
        /// Chunks that took over 50 us, which they can only while a vCPU is preempted.
        stalls: u64,
        /// The part of `take_ns` that those took.
        stalled_ns: u64,
        /// Time from when it found nothing left until the return.
        idle_ns: u64,
        /// Time asleep for the cap.
        asleep_ns: u64,
        /// Time that its vCPU lost while it was busy: steal time, or gaps where none is reported.
        lost_ns: u64,
        /// CPU time.
        cpu_ns: u64,
        /// Chunks taken from other workers.
        steals: u64,
        /// 1 if it found itself on another vCPU, as when its own went offline or was busy.
        moved: u32,
        /// 1 if it had not begun when all was done, so that the caller stood in for it.
        absent: u32,
    }
}

line! {
    /// One chunk, if `trace` was on; times count from the call.
    Chunk = "chunk" {
        /// The worker.
        worker: u32,
        /// The first index.
        start: u64,
        /// The end.
        end: u64,
        /// Time at which it was taken.
        from_ns: u64,
        /// Time at which it was done.
        to_ns: u64,
    }
}

line! {
    /// Progress of a run under way, the text of the file `now`.
    Progress = "progress" {
        /// Indices done.
        done: u64,
        /// Indices in all.
        total: u64,
        /// Time since the call.
        elapsed_ns: u64,
        /// Indices a second.
        rate: u64,
        /// Time until all are done, at this rate; 0 if unknown.
        eta_ns: u64,
        /// Workers at work.
        workers: u32,
    }
}

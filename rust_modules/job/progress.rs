// SPDX-License-Identifier: GPL-2.0

//! Progress of a job, which other threads may read while it runs.

use abi::job_runner::Progress;
use rig::prelude::*;

/// Progress of one job, or of several that count as one.
pub struct JobProgress {
    total: Atomic<u64>,
    done: Atomic<u64>,
    workers: Atomic<u32>,
    began_ns: Atomic<u64>,
    ended_ns: Atomic<u64>,
}

impl JobProgress {
    /// Creates it for a job that has not begun.
    #[expect(clippy::new_without_default, reason = "its clock is not running yet")]
    pub fn new() -> Self {
        Self {
            total: Atomic::new(0),
            done: Atomic::new(0),
            workers: Atomic::new(0),
            began_ns: Atomic::new(0),
            ended_ns: Atomic::new(0),
        }
    }

    pub(crate) fn begin(&self, total: u64, now_ns: u64) {
        self.total.add(total, Relaxed);
        // The first job counts; another that begins just now is as good.
        if self.began_ns.load(Relaxed) == 0 {
            self.began_ns.store(now_ns, Relaxed);
        }
    }

    pub(crate) fn add(&self, done: u64) {
        self.done.add(done, Relaxed);
    }

    pub(crate) fn worker_begins(&self) {
        self.workers.add(1, Relaxed);
    }

    pub(crate) fn worker_leaves(&self) {
        self.workers.fetch_sub(1, Relaxed);
    }

    pub(crate) fn end(&self, now_ns: u64) {
        self.ended_ns.store(now_ns, Relaxed);
    }

    /// Reads the progress, one number after the other.
    pub fn snapshot(&self) -> Progress {
        let (done, total) = (self.done.load(Relaxed), self.total.load(Relaxed));
        let (began_ns, workers) = (self.began_ns.load(Relaxed), self.workers.load(Relaxed));
        let now = match (began_ns, workers) {
            (0, _) => 0,
            (_, 0) => self.ended_ns.load(Relaxed),
            _ => now_ns(),
        };
        let elapsed_ns = now.saturating_sub(began_ns);
        let elapsed_us = elapsed_ns / 1000;
        let rate = done.saturating_mul(1_000_000).checked_div(elapsed_us);
        let left = total.saturating_sub(done);
        let eta_us = left.saturating_mul(elapsed_us).checked_div(done);
        Progress {
            done,
            total,
            elapsed_ns,
            rate: rate.unwrap_or(0),
            eta_ns: eta_us.unwrap_or(0).saturating_mul(1000),
            workers,
        }
    }
}

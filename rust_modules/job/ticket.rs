// SPDX-License-Identifier: GPL-2.0

//! How far a job is, for whoever looks on.

use algo::primitive::{
    Atomic,
    Relaxed, //
};
use rig::now_ns;

/// The state of one job, or of several that are as one.
pub struct Ticket {
    total: Atomic<u64>,
    done: Atomic<u64>,
    workers: Atomic<u32>,
    began_ns: Atomic<u64>,
    ended_ns: Atomic<u64>,
}

/// What a ticket says at a moment.
pub struct Progress {
    /// Indices done.
    pub done: u64,
    /// Indices in all.
    pub total: u64,
    /// Time since the call, until the return.
    pub elapsed_ns: u64,
    /// Indices a second.
    pub rate: u64,
    /// Time until all are done; 0 if that cannot be said.
    pub eta_ns: u64,
    /// Workers at work.
    pub workers: u32,
}

impl Ticket {
    /// Creates the ticket of a job that has not begun.
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
        // The first job counts; another that comes just now is as good.
        if self.began_ns.load(Relaxed) == 0 {
            self.began_ns.store(now_ns, Relaxed);
        }
    }

    pub(crate) fn add(&self, done: u64) {
        self.done.add(done, Relaxed);
    }

    pub(crate) fn come(&self) {
        self.workers.add(1, Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.workers.fetch_sub(1, Relaxed);
    }

    pub(crate) fn end(&self, now_ns: u64) {
        self.ended_ns.store(now_ns, Relaxed);
    }

    /// Returns how far the job is. The numbers are read one after the other.
    pub fn progress(&self) -> Progress {
        let (done, total) = (self.done.load(Relaxed), self.total.load(Relaxed));
        let (began_ns, workers) = (self.began_ns.load(Relaxed), self.workers.load(Relaxed));
        let now = match (began_ns, workers) {
            (0, _) => 0,
            (_, 0) => self.ended_ns.load(Relaxed),
            _ => now_ns(),
        };
        let elapsed_ns = now.saturating_sub(began_ns);
        let per_us = elapsed_ns / 1000;
        let rate = done.saturating_mul(1_000_000).checked_div(per_us);
        let left = total.saturating_sub(done);
        let eta_ns = left.saturating_mul(per_us).checked_div(done);
        Progress {
            done,
            total,
            elapsed_ns,
            rate: rate.unwrap_or(0),
            eta_ns: eta_ns.unwrap_or(0).saturating_mul(1000),
            workers,
        }
    }
}

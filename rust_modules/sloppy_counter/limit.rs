// SPDX-License-Identifier: GPL-2.0

//! Work `limit`: threads add to a count that must not exceed its limit, and must reach it.

use core::fmt;

use abi::sloppy_counter::{
    Check,
    Config, //
};
use algo::{
    counter::Limited,
    primitive::PerVcpu, //
};
use rig::{
    possible_vcpus,
    prelude::*,
    Random,
    StartBarrier,
    Vcpus, //
};

use crate::work::{
    Checked,
    EventCounts,
    Report,
    Work,
    BURST, //
};

/// Limit per thread.
const LIMIT_PER_THREAD: u32 = 1000;

/// What the threads of a run share. The count fetches the spares of other vCPUs when it needs them,
/// so a fold does nothing.
pub(crate) struct Limit {
    count: Limited,
    limit: i64,
    threshold: u32,
    /// What was certainly added and not subtracted.
    truth: Padded<Atomic<i64>>,
    wrong: Padded<Atomic<u64>>,
    cycles: PerThread<SingleWriter>,
    refused: PerThread<SingleWriter>,
    start_barrier: StartBarrier,
}

impl Limit {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let limit = i64::from(config.threads.saturating_mul(LIMIT_PER_THREAD));
        Ok(Self {
            count: Limited::new(PerVcpu::new()?, config.threshold, limit),
            limit,
            threshold: config.threshold,
            truth: Padded(Atomic::new(0)),
            wrong: Padded(Atomic::new(0)),
            cycles: PerThread::counters(config.threads)?,
            refused: PerThread::counters(config.threads)?,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        })
    }

    fn add(&self, n: i64) -> bool {
        if !self.count.try_add(n) {
            return false;
        }
        // Full: pairs with itself and with `sub`; an addition is counted after it, and a subtraction
        // before it, so that the truth is never more than the count.
        let truth = self.truth.fetch_add(n, Full).wrapping_add(n);
        if truth > self.limit || self.count.read() > self.limit {
            self.wrong.add(1, Relaxed);
        }
        true
    }

    fn sub(&self, n: i64) {
        // As in `add`.
        self.truth.fetch_sub(n, Full);
        self.count.sub(n);
    }
}

impl Work for Limit {
    fn thread(&self, worker: &Worker<'_>) {
        let index = worker.index as usize;
        let (Some(cycles), Some(refused)) = (self.cycles.get(index), self.refused.get(index))
        else {
            return;
        };
        let random = Random::new(worker.index);
        let mut mine: i64 = 0;
        self.start_barrier.bursts(worker, || {
            let _here = Preempt::new();
            for _ in 0..BURST {
                let n = i64::from(random.below(16));
                // Up more often than down, so that the limit is near.
                if random.below(5) < 2 && mine >= n {
                    mine = mine.wrapping_sub(n);
                    self.sub(n);
                } else if self.add(n) {
                    mine = mine.wrapping_add(n);
                } else {
                    refused.add(1);
                }
            }
            cycles.add(BURST.into());
        });
        self.sub(mine);
    }

    fn operations(&self, index: usize) -> u64 {
        self.cycles.get(index).map_or(0, |cycles| cycles.get())
    }
}

impl Report for Limit {
    /// Fills the count up to its limit; all threads have left.
    fn write(&self, elapsed_ns: u64, _: &EventCounts, to: &mut Text) -> fmt::Result {
        let empty = self.count.sum();
        let mut filled: i64 = 0;
        while filled <= self.limit && self.count.try_add_near(1, &Vcpus) {
            filled = filled.wrapping_add(1);
        }
        let (sum, read) = (self.count.sum(), self.count.read());
        let truth = self.truth.load(Relaxed).wrapping_add(filled);
        let wrong = self.wrong.load(Relaxed);
        let reached = empty == 0 && sum == self.limit && truth == sum && read == sum;
        Checked {
            held: wrong == 0 && reached,
            truth,
            sum,
            read,
            bound: u64::from(self.threshold).saturating_mul(possible_vcpus().into()),
            check: Check {
                cycles: self.cycles.sum(),
                due: 1,
                seen: reached.into(),
                wrong,
                refused: self.refused.sum(),
                allowed: 0,
            },
        }
        .write(elapsed_ns, to)
    }
}

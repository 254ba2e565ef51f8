// SPDX-License-Identifier: GPL-2.0

//! `limit`: a count that must not cross its limit, and must reach it.

use abi::{
    sloppy_counter::{
        Check,
        Config,
        Sum, //
    },
    status::OracleState, //
};
use algo::{
    counter::Limited,
    primitive::{
        Atomic,
        Full,
        PerVcpu,
        Relaxed, //
    }, //
};
use kernel::prelude::*;
use rig::{
    cond_resched,
    Padded,
    Preempt,
    Random,
    Refused,
    SingleWriter,
    StartBarrier,
    Until,
    Vcpus,
    Worker, //
};

use crate::{
    bout::Outcome,
    control::Disturbed, //
};

/// Tries between two chances for others to run.
const BURST: u32 = 1021;
/// The limit, for each thread.
const EACH: u32 = 1000;

/// What the threads of a run share.
pub(crate) struct Limit {
    count: Limited,
    limit: i64,
    threshold: u32,
    /// What was added for sure and not taken away.
    truth: Padded<Atomic<i64>>,
    wrong: Padded<Atomic<u64>>,
    pub(crate) cycles: KVVec<Padded<SingleWriter>>,
    refused: KVVec<Padded<SingleWriter>>,
    start_barrier: StartBarrier,
}

impl Limit {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let limit = i64::from(config.threads.saturating_mul(EACH));
        let mut run = Self {
            count: Limited::new(PerVcpu::new()?, config.threshold, limit),
            limit,
            threshold: config.threshold,
            truth: Padded(Atomic::new(0)),
            wrong: Padded(Atomic::new(0)),
            cycles: KVVec::new(),
            refused: KVVec::new(),
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        };
        for _ in 0..config.threads {
            run.cycles
                .push(Padded(SingleWriter::default()), GFP_KERNEL)?;
            run.refused
                .push(Padded(SingleWriter::default()), GFP_KERNEL)?;
        }
        Ok(run)
    }

    /// What each thread does until the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let index = worker.index as usize;
        let (Some(cycles), Some(refused)) = (self.cycles.get(index), self.refused.get(index))
        else {
            return;
        };
        let random = Random::new(worker.index);
        let mut mine: i64 = 0;
        let _clock = self.start_barrier.wait(worker);
        let mut until = Until::new(&self.start_barrier, worker);
        loop {
            let here = Preempt::new();
            for _ in 0..BURST {
                let n = i64::from(random.below(16));
                // Up more often than down, so that the limit is near.
                if random.below(5) < 2 && mine >= n {
                    mine = mine.wrapping_sub(n);
                    self.take_away(n);
                } else if self.add(n) {
                    mine = mine.wrapping_add(n);
                } else {
                    refused.add(1);
                }
            }
            drop(here);
            cycles.add(BURST.into());
            if until.over() {
                break;
            }
            cond_resched();
        }
        self.take_away(mine);
    }

    fn add(&self, n: i64) -> bool {
        if !self.count.try_add(n) {
            return false;
        }
        let truth = self.truth.fetch_add(n, Full).wrapping_add(n);
        if truth > self.limit || self.count.read() > self.limit {
            self.wrong.add(1, Relaxed);
        }
        true
    }

    fn take_away(&self, n: i64) {
        self.truth.fetch_sub(n, Full);
        self.count.sub(n);
    }

    /// Fills it to the brim; all threads have left.
    pub(crate) fn outcome(&self, elapsed_ns: u64) -> Outcome {
        let empty = self.count.sum();
        let mut filled: i64 = 0;
        while filled <= self.limit && self.count.try_add_near(1, &Vcpus) {
            filled = filled.wrapping_add(1);
        }
        let (sum, read) = (self.count.sum(), self.count.read());
        let truth = self.truth.load(Relaxed).wrapping_add(filled);
        let wrong = self.wrong.load(Relaxed);
        let reached = empty == 0 && sum == self.limit && truth == sum && read == sum;
        let cycles = self
            .cycles
            .iter()
            .fold(0, |sum, n| n.get().wrapping_add(sum));
        let right = wrong == 0 && reached;
        Outcome {
            sum: Sum {
                elapsed_ns,
                adds: cycles,
                truth,
                sum,
                read,
                bound: u64::from(self.threshold).saturating_mul(rig::possible_vcpus().into()),
                total: if right {
                    OracleState::Held
                } else {
                    OracleState::Broken
                },
            },
            check: Some(Check {
                cycles,
                due: 1,
                seen: reached.into(),
                wrong,
                refused: self
                    .refused
                    .iter()
                    .fold(0, |sum, n| n.get().wrapping_add(sum)),
                allowed: 0,
            }),
        }
    }
}

impl Disturbed for Limit {
    /// What a vCPU has to spare is fetched when it is needed.
    fn fold(&self) {}
}

// SPDX-License-Identifier: GPL-2.0

//! `many`: as many counters as there are inodes, or so.

use abi::{
    sloppy_counter::{
        Check,
        Config,
        Sum, //
    },
    status::OracleState, //
};
use algo::{
    counter::{
        Counter,
        EachVcpu,
        Sloppy, //
    },
    primitive::PerVcpu, //
};
use kernel::prelude::*;
use rig::{
    cond_resched,
    Padded,
    Preempt,
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

/// What the threads of a run share.
pub(crate) struct Many {
    counters: KVVec<Sloppy>,
    pub(crate) adds: KVVec<Padded<SingleWriter>>,
    start_barrier: StartBarrier,
}

impl Many {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let mut counters = KVVec::with_capacity(config.objects as usize, GFP_KERNEL)?;
        for _ in 0..config.objects {
            counters.push(Sloppy::new(PerVcpu::new()?, config.threshold), GFP_KERNEL)?;
        }
        let mut adds = KVVec::new();
        for _ in 0..config.threads {
            adds.push(Padded(SingleWriter::default()), GFP_KERNEL)?;
        }
        Ok(Self {
            counters,
            adds,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        })
    }

    /// What each thread does until the alarm has rung: adds one to each, again and again.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let Some(adds) = self.adds.get(worker.index as usize) else {
            return;
        };
        let _clock = self.start_barrier.wait(worker);
        let mut until = Until::new(&self.start_barrier, worker);
        loop {
            let here = Preempt::new();
            self.counters.iter().for_each(|counter| counter.add(1));
            drop(here);
            adds.add(self.counters.len() as u64);
            if until.over() {
                break;
            }
            cond_resched();
        }
    }

    /// All threads have left.
    pub(crate) fn outcome(&self, elapsed_ns: u64) -> Outcome {
        let counters = self.counters.len() as u64;
        let adds = self.adds.iter().fold(0, |sum, n| n.get().wrapping_add(sum));
        let each = adds.checked_div(counters).unwrap_or(0) as i64;
        let right = |counter: &&Sloppy| counter.sum() == each;
        let seen = self.counters.iter().filter(right).count() as u64;
        let sums = self.counters.iter().map(Sloppy::sum);
        let reads = self.counters.iter().map(Sloppy::read);
        let bounds = self.counters.iter().map(Sloppy::bound);
        Outcome {
            sum: Sum {
                elapsed_ns,
                adds,
                truth: adds as i64,
                sum: sums.fold(0, i64::wrapping_add),
                read: reads.fold(0, i64::wrapping_add),
                bound: bounds.fold(0, u64::saturating_add),
                total: match seen == counters {
                    true => OracleState::Held,
                    false => OracleState::Broken,
                },
            },
            check: Some(Check {
                cycles: adds,
                due: counters,
                seen,
                wrong: counters.saturating_sub(seen),
                refused: 0,
                allowed: 0,
            }),
        }
    }
}

impl Disturbed for Many {
    fn fold(&self) {
        let live = || self.counters.iter().for_each(Sloppy::fold);
        let dead = |vcpu| self.counters.iter().for_each(|c| c.fold_dead(vcpu));
        Vcpus.visit(&live, &dead);
    }
}

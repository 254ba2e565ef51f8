// SPDX-License-Identifier: GPL-2.0

//! Work `many`: threads add to as many counters as there are inodes, or so.

use core::fmt;

use abi::sloppy_counter::{
    Check,
    Config, //
};
use algo::{
    counter::{
        Counter,
        EachVcpu,
        Sloppy, //
    },
    primitive::PerVcpu, //
};
use rig::{
    prelude::*,
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

/// What the threads of a run share.
pub(crate) struct Many {
    counters: KVVec<Sloppy>,
    adds: PerThread<SingleWriter>,
    start_barrier: StartBarrier,
}

impl Many {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let counter = || Ok(Sloppy::new(PerVcpu::new()?, config.threshold));
        Ok(Self {
            counters: filled(config.objects as usize, counter)?,
            adds: PerThread::counters(config.threads)?,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        })
    }
}

impl Work for Many {
    /// Adds one to each counter, again and again.
    fn thread(&self, worker: &Worker<'_>) {
        let Some(adds) = self.adds.get(worker.index as usize) else {
            return;
        };
        self.start_barrier.bursts(worker, || {
            for counters in self.counters.chunks(BURST as usize) {
                let here = Preempt::new();
                counters.iter().for_each(|counter| counter.add(1));
                drop(here);
                cond_resched();
            }
            adds.add(self.counters.len() as u64);
        });
    }

    fn operations(&self, index: usize) -> u64 {
        self.adds.get(index).map_or(0, |adds| adds.get())
    }

    fn fold(&self) {
        for counters in self.counters.chunks(BURST as usize) {
            let live = || counters.iter().for_each(Sloppy::fold);
            let dead = |vcpu| counters.iter().for_each(|c| c.fold_dead(vcpu));
            Vcpus.visit(&live, &dead);
        }
    }
}

impl Report for Many {
    fn write(&self, elapsed_ns: u64, _: &EventCounts, to: &mut Text) -> fmt::Result {
        let (counters, adds) = (self.counters.len() as u64, self.adds.sum());
        let each = adds.checked_div(counters).unwrap_or(0) as i64;
        let right = |counter: &&Sloppy| counter.sum() == each;
        let seen = self.counters.iter().filter(right).count() as u64;
        let sums = self.counters.iter().map(Sloppy::sum);
        let reads = self.counters.iter().map(Sloppy::read);
        let bounds = self.counters.iter().map(Sloppy::bound);
        Checked {
            held: seen == counters,
            truth: adds as i64,
            sum: sums.fold(0, i64::wrapping_add),
            read: reads.fold(0, i64::wrapping_add),
            bound: bounds.fold(0, u64::saturating_add),
            check: Check {
                cycles: adds,
                due: counters,
                seen,
                wrong: counters.saturating_sub(seen),
                refused: 0,
                allowed: 0,
            },
        }
        .write(elapsed_ns, to)
    }
}

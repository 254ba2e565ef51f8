// SPDX-License-Identifier: GPL-2.0

//! Work `ids`: threads take unique numbers, each of which is marked as taken.

use core::fmt;

use abi::{
    sloppy_counter::{
        Check,
        Config, //
    },
    Limits, //
};
use algo::{
    counter::BatchedIds,
    primitive::PerVcpu, //
};
use rig::{
    prelude::*,
    StartBarrier, //
};

use crate::work::{
    Checked,
    EventCounts,
    Report,
    Work,
    BURST, //
};

/// Most numbers that are marked.
const MOST: u64 = 1 << 24;

/// What the threads of a run share. Numbers that a vCPU has left stay its own, so a fold does nothing.
pub(crate) struct Ids {
    ids: BatchedIds,
    /// Numbers that were taken; a thread that gets a higher one takes no more.
    marks: KVVec<Atomic<bool>>,
    twice: Atomic<u64>,
    taken: PerThread<SingleWriter>,
    beyond: Atomic<u64>,
    start_barrier: StartBarrier,
}

impl Ids {
    pub(crate) fn new(config: &Config, limits: &Limits) -> Result<Self, Refused> {
        let room = MOST.min(limits.bytes / 4) as usize;
        Ok(Self {
            ids: BatchedIds::new(PerVcpu::new()?, config.threshold),
            marks: filled(room, || Ok(Atomic::new(false)))?,
            twice: Atomic::new(0),
            taken: PerThread::counters(config.threads)?,
            beyond: Atomic::new(0),
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        })
    }

    /// Takes a number and marks it; false if it is too high.
    fn take(&self) -> bool {
        let id = self.ids.next();
        let Some(mark) = self.marks.get(id as usize) else {
            self.beyond.add(1, Relaxed);
            return false;
        };
        if mark.xchg(true, Relaxed) {
            self.twice.add(1, Relaxed);
        }
        true
    }
}

impl Work for Ids {
    fn thread(&self, worker: &Worker<'_>) {
        let Some(taken) = self.taken.get(worker.index as usize) else {
            return;
        };
        let mut used_up = false;
        self.start_barrier.bursts(worker, || {
            if used_up {
                // The thread that keeps the clock of the run must not leave before it is over.
                return cpu_relax();
            }
            let _here = Preempt::new();
            let within = (0..BURST).filter(|_| self.take()).count();
            taken.add(BURST.into());
            used_up = within < BURST as usize;
        });
    }

    fn operations(&self, index: usize) -> u64 {
        self.taken.get(index).map_or(0, |taken| taken.get())
    }
}

impl Report for Ids {
    fn write(&self, elapsed_ns: u64, _: &EventCounts, to: &mut Text) -> fmt::Result {
        let taken = self.taken.sum();
        let marks = self.marks.iter().filter(|mark| mark.load(Relaxed));
        let different = (marks.count() as u64).wrapping_add(self.beyond.load(Relaxed));
        let (gaps, issued) = (self.ids.gaps(), self.ids.issued());
        let allowed = self.ids.bound().wrapping_add(self.ids.lost());
        let twice = self.twice.load(Relaxed);
        Checked {
            held: twice == 0 && different == taken && gaps <= allowed && issued == taken,
            truth: taken as i64,
            sum: different as i64,
            read: issued.wrapping_add(gaps) as i64,
            bound: allowed,
            check: Check {
                cycles: taken,
                due: taken,
                seen: different,
                wrong: twice,
                refused: gaps,
                allowed,
            },
        }
        .write(elapsed_ns, to)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `ids`: unique numbers, each of which is ticked off.

use abi::{
    sloppy_counter::{
        Check,
        Config,
        Sum, //
    },
    status::OracleState,
    Limits, //
};
use algo::{
    counter::BatchedIds,
    primitive::{
        cpu_relax,
        Atomic,
        PerVcpu,
        Relaxed, //
    }, //
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
    Worker, //
};

use crate::{
    bout::Outcome,
    control::Disturbed, //
};

/// Numbers between two chances for others to run.
const BURST: u32 = 1021;

/// What the threads of a run share.
pub(crate) struct Ids {
    ids: BatchedIds,
    /// Which numbers were taken; a thread that gets beyond them takes no more.
    ticks: KVVec<Atomic<bool>>,
    twice: Atomic<u64>,
    pub(crate) taken: KVVec<Padded<SingleWriter>>,
    beyond: Atomic<u64>,
    start_barrier: StartBarrier,
}

impl Ids {
    /// The most numbers that are ticked off.
    const MOST: u64 = 1 << 24;

    pub(crate) fn new(config: &Config, limits: &Limits) -> Result<Self, Refused> {
        let room = Self::MOST.min(limits.bytes / 4) as usize;
        let mut ticks = KVVec::with_capacity(room, GFP_KERNEL)?;
        for _ in 0..room {
            ticks.push(Atomic::new(false), GFP_KERNEL)?;
        }
        let mut taken = KVVec::new();
        for _ in 0..config.threads {
            taken.push(Padded(SingleWriter::default()), GFP_KERNEL)?;
        }
        Ok(Self {
            ids: BatchedIds::new(PerVcpu::new()?, config.threshold),
            ticks,
            twice: Atomic::new(0),
            taken,
            beyond: Atomic::new(0),
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        })
    }

    /// What each thread does until the alarm has rung; the numbers may be used up before.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let Some(taken) = self.taken.get(worker.index as usize) else {
            return;
        };
        let _clock = self.start_barrier.wait(worker);
        let mut until = Until::new(&self.start_barrier, worker);
        let mut used_up = false;
        loop {
            if used_up {
                // Whoever began the run keeps its clock: he may not go before it has rung.
                cpu_relax();
            } else {
                let here = Preempt::new();
                let within = (0..BURST).filter(|_| self.take()).count();
                drop(here);
                taken.add(BURST.into());
                used_up = within < BURST as usize;
            }
            if until.over() {
                break;
            }
            cond_resched();
        }
    }

    /// Takes a number and ticks it off; false if that is one too high.
    fn take(&self) -> bool {
        let id = self.ids.next();
        let Some(tick) = self.ticks.get(id as usize) else {
            self.beyond.add(1, Relaxed);
            return false;
        };
        if tick.xchg(true, Relaxed) {
            self.twice.add(1, Relaxed);
        }
        true
    }

    /// All threads have left.
    pub(crate) fn outcome(&self, elapsed_ns: u64) -> Outcome {
        let taken = self
            .taken
            .iter()
            .fold(0, |sum, n| n.get().wrapping_add(sum));
        let ticked = self.ticks.iter().filter(|tick| tick.load(Relaxed)).count() as u64;
        let different = ticked.wrapping_add(self.beyond.load(Relaxed));
        let (gaps, allowed) = (
            self.ids.gaps(),
            self.ids.bound().wrapping_add(self.ids.lost()),
        );
        let twice = self.twice.load(Relaxed);
        let right =
            twice == 0 && different == taken && gaps <= allowed && self.ids.issued() == taken;
        Outcome {
            sum: Sum {
                elapsed_ns,
                adds: taken,
                truth: taken as i64,
                sum: different as i64,
                read: self.ids.issued().wrapping_add(gaps) as i64,
                bound: allowed,
                total: if right {
                    OracleState::Held
                } else {
                    OracleState::Broken
                },
            },
            check: Some(Check {
                cycles: taken,
                due: taken,
                seen: different,
                wrong: twice,
                refused: gaps,
                allowed,
            }),
        }
    }
}

impl Disturbed for Ids {
    /// What a vCPU has left stays its own.
    fn fold(&self) {}
}

// SPDX-License-Identifier: GPL-2.0

//! One run: threads that add to one counter.

use abi::{
    sloppy_counter::{
        Config,
        Counter as Name, //
    },
    Limits, //
};
use algo::{
    counter::{
        Busted,
        Exact,
        Lane, //
    },
    primitive::{
        cpu_relax,
        Atomic,
        Relaxed, //
    }, //
};
use kernel::prelude::*;
use rig::{
    breathe,
    now_ns,
    Padded,
    Preempt,
    Refused,
    Worker, //
};

use crate::{
    kernel_counter::PercpuCounter,
    total::{
        Total,
        Watched, //
    }, //
};

/// A lane for each thread.
pub(crate) type Lanes = KVVec<Padded<Lane>>;

/// Additions between two chances for others to run on the vCPU. A prime, so that a run does not
/// end just where every lane has been carried over.
const BATCH: u32 = 1021;

/// How long to wait for a thread whose vCPU has no CPU, at the beginning and at the end.
pub(crate) const PATIENCE_MS: u32 = 1000;

/// What the threads of a run share.
pub(crate) struct Race {
    pub(crate) counter: KBox<dyn Total>,
    pub(crate) lanes: Lanes,
    adds: KVVec<Padded<Atomic<u64>>>,
    run_ms: u32,
    /// Threads that are about to add.
    came: Atomic<u32>,
    /// The time of the run has begun.
    begun: Atomic<bool>,
    /// Threads that have added something.
    took_part: Atomic<u32>,
}

impl Race {
    pub(crate) fn new(config: &Config, limits: &Limits) -> Result<Self, Refused> {
        let threads = config.threads as usize;
        let mut lanes = KVVec::with_capacity(threads, GFP_KERNEL)?;
        let mut adds = KVVec::with_capacity(threads, GFP_KERNEL)?;
        for _ in 0..threads {
            lanes.push(Padded(Lane::new()), GFP_KERNEL)?;
            adds.push(Padded(Atomic::new(0)), GFP_KERNEL)?;
        }
        Ok(Self {
            counter: counter(config, limits.vcpus)?,
            lanes,
            adds,
            run_ms: config.run_ms,
            came: Atomic::new(0),
            begun: Atomic::new(false),
            took_part: Atomic::new(0),
        })
    }

    pub(crate) fn threads(&self) -> u32 {
        self.adds.len() as u32
    }

    /// What each thread does until the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let index = worker.index as usize;
        let (Some(lane), Some(adds)) = (self.lanes.get(index), self.adds.get(index)) else {
            return;
        };
        let _clock = self.line_up(worker);
        let mut made: u64 = 0;
        let mut rung_ns = None;
        loop {
            let here = Preempt::new();
            self.counter.batch(lane, BATCH);
            drop(here);
            if made == 0 {
                self.took_part.add(1, Relaxed);
            }
            made = made.wrapping_add(u64::from(BATCH));
            if worker.alarm.rung() && self.over(*rung_ns.get_or_insert_with(now_ns)) {
                break;
            }
            breathe();
        }
        adds.store(made, Relaxed);
    }

    /// Waits until every thread runs, since a vCPU without a CPU may be late, and begins the run
    /// with the last; what is returned must live for as long as it lasts.
    fn line_up(&self, worker: &Worker<'_>) -> Option<impl Sized> {
        if self.came.fetch_add(1, Relaxed).wrapping_add(1) == self.threads() {
            let clock = worker.start_clock(self.run_ms);
            self.begun.store(true, Relaxed);
            return Some(clock);
        }
        while !self.begun.load(Relaxed) && !worker.alarm.rung() {
            cpu_relax();
        }
        None
    }

    /// Returns whether to leave, the alarm having rung at `rung_ns`: once everyone has added
    /// something. So who was first is still adding when the last one does, and a counter that
    /// loses shows it even on a host that let only one vCPU run in the time given.
    fn over(&self, rung_ns: u64) -> bool {
        let patience_ns = u64::from(PATIENCE_MS).saturating_mul(1_000_000);
        self.took_part.load(Relaxed) >= self.threads()
            || now_ns().saturating_sub(rung_ns) > patience_ns
    }

    /// Changes the threshold.
    pub(crate) fn change(&self, threshold: u32) {
        self.counter.set_threshold(threshold);
    }

    /// What each thread added, in their order.
    pub(crate) fn adds(&self) -> impl Iterator<Item = u64> + '_ {
        self.adds.iter().map(|adds| adds.load(Relaxed))
    }
}

fn counter(config: &Config, vcpus: u32) -> Result<KBox<dyn Total>> {
    Ok(match config.counter {
        Name::Busted => KBox::new(Padded(Busted::new()), GFP_KERNEL)?,
        Name::Exact => KBox::new(Padded(Exact::new()), GFP_KERNEL)?,
        Name::PercpuCounter => KBox::new(Padded(PercpuCounter::new(vcpus)?), GFP_KERNEL)?,
        Name::Sloppy => KBox::new(Padded(Watched::new(config.threshold)), GFP_KERNEL)?,
    })
}

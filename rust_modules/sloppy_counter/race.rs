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
        Atomic,
        Relaxed, //
    }, //
};
use kernel::prelude::*;
use rig::{
    breathe,
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

/// Additions between two chances for others to run on the vCPU.
const BATCH: u32 = 4096;

/// What the threads of a run share.
pub(crate) struct Race {
    pub(crate) counter: KBox<dyn Total>,
    pub(crate) lanes: Lanes,
    adds: KVVec<Padded<Atomic<u64>>>,
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
        let mut made: u64 = 0;
        while !worker.alarm.rung() {
            let here = Preempt::new();
            let done = self.counter.batch(lane, BATCH, worker.alarm);
            drop(here);
            made = made.wrapping_add(done);
            breathe();
        }
        adds.store(made, Relaxed);
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

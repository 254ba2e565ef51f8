// SPDX-License-Identifier: GPL-2.0

//! One run: threads that do one job.

use core::ops::Range;

use abi::{
    job_runner::{
        Config,
        Job as Name, //
    },
    Limits, //
};
use algo::{
    chunk::{
        Plan,
        Turn, //
    },
    primitive::{
        Atomic,
        Relaxed, //
    }, //
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};
use rig::{
    breathe,
    now_ns,
    Pace,
    Padded,
    Refused,
    Worker, //
};

use crate::{
    coverage::Coverage,
    job::{
        ClearPages,
        Job,
        Spin, //
    },
    table::{
        desk,
        Desk, //
    }, //
};

/// Items between two chances for others to run on the vCPU.
const PART: u64 = 64;

/// What the threads of a run share.
pub(crate) struct Shift {
    desk: KBox<dyn Desk>,
    job: KBox<dyn Job>,
    pub(crate) coverage: Coverage,
    counts: KVVec<Padded<Counts>>,
}

/// What one worker did. It alone writes them.
pub(crate) struct Counts {
    pub(crate) chunks: Atomic<u64>,
    pub(crate) items: Atomic<u64>,
    pub(crate) busy_ns: Atomic<u64>,
}

impl Shift {
    pub(crate) fn new(config: &Config, limits: &Limits, pace: Pace) -> Result<Self, Refused> {
        afford(config, limits)?;
        let plan = Plan::padata(
            config.start,
            config.size,
            config.align,
            config.min_chunk,
            config.max_threads,
        );
        let mut counts = KVVec::with_capacity(plan.workers as usize, GFP_KERNEL)?;
        for _ in 0..plan.workers {
            counts.push(Padded(Counts::new()), GFP_KERNEL)?;
        }
        // `size` is at most 1 << 24.
        let size = config.size as usize;
        let job: KBox<dyn Job> = match config.job {
            Name::Spin => KBox::new(Spin::new(pace.loops(config.work_ns)), GFP_KERNEL)?,
            Name::ClearPages => KBox::new(ClearPages::new(config.start, size)?, GFP_KERNEL)?,
        };
        Ok(Self {
            desk: desk(config.policy, &plan)?,
            job,
            coverage: Coverage::new(config.start, size)?,
            counts,
        })
    }

    pub(crate) fn workers(&self) -> u32 {
        self.counts.len() as u32
    }

    /// What each worker does until nothing is left or the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let Some(counts) = self.counts.get(worker.index as usize) else {
            return;
        };
        let mut turn = Turn::new(worker.index);
        let mut items: u64 = 0;
        let (from, mut to) = (now_ns(), 0);
        while !worker.alarm.rung() {
            let Some(chunk) = self.desk.take(&mut turn) else {
                break;
            };
            items = items.wrapping_add(self.chunk(chunk, worker));
            to = now_ns();
        }
        counts.chunks.store(turn.taken(), Relaxed);
        counts.items.store(items, Relaxed);
        counts.busy_ns.store(to.saturating_sub(from), Relaxed);
    }

    /// Does a chunk in parts; returns how many items were done.
    fn chunk(&self, chunk: Range<u64>, worker: &Worker<'_>) -> u64 {
        let mut done: u64 = 0;
        let mut at = chunk.start;
        while at < chunk.end && !worker.alarm.rung() {
            let end = at.saturating_add(PART).min(chunk.end);
            let items = self.job.items(at..end, &self.coverage, worker.alarm);
            done = done.wrapping_add(items);
            at = end;
            breathe();
        }
        done
    }

    /// What the workers did, in their order.
    pub(crate) fn counts(&self) -> impl Iterator<Item = &Counts> {
        self.counts.iter().map(|counts| &**counts)
    }
}

/// Refuses a job whose memory the machine cannot spare: the kernel would kill others to get it.
fn afford(config: &Config, limits: &Limits) -> Result<(), Refused> {
    let each = match config.job {
        Name::Spin => 1,
        Name::ClearPages => 1 + PAGE_SIZE as u64,
    };
    let needed = config.size.saturating_mul(each);
    // A quarter stays with everyone else.
    let spare = limits.bytes / 4 * 3;
    match needed <= spare {
        true => Ok(()),
        false => Err(Refused::new(
            ENOMEM,
            format_args!(
                "`size={}` needs {} MiB; {} MiB can be spared",
                config.size,
                needed >> 20,
                spare >> 20
            ),
        )),
    }
}

impl Counts {
    fn new() -> Self {
        Self {
            chunks: Atomic::new(0),
            items: Atomic::new(0),
            busy_ns: Atomic::new(0),
        }
    }
}

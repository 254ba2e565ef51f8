// SPDX-License-Identifier: GPL-2.0

//! One run: threads that contend for one arena.

use abi::lock_load::Config;
use algo::{
    primitive::{
        Atomic,
        Relaxed, //
    },
    Events, //
};
use kernel::prelude::*;
use rig::{
    breathe,
    Pace,
    Padded,
    Preempt,
    Refused,
    Worker, //
};

use crate::{
    arena::{
        Arena,
        Pattern, //
    },
    table, //
};

/// What the threads of a run share.
pub(crate) struct Contest {
    arena: KBox<dyn Arena>,
    pattern: Pattern,
    /// Whether the lock promises to exclude.
    pub(crate) excludes: bool,
    counts: KVVec<Padded<Counts>>,
}

/// What one thread did. It alone writes them.
pub(crate) struct Counts {
    pub(crate) sections: Atomic<u64>,
    pub(crate) halts: Atomic<u64>,
    pub(crate) kicks: Atomic<u64>,
}

impl Contest {
    pub(crate) fn new(config: &Config, pace: Pace) -> Result<Self, Refused> {
        let entry = table::entry(config.lock);
        let mut counts = KVVec::with_capacity(config.threads as usize, GFP_KERNEL)?;
        for _ in 0..config.threads {
            counts.push(Padded(Counts::new()), GFP_KERNEL)?;
        }
        // A batch keeps preemption off, so it is kept to a millisecond or so of its own work.
        let section_ns = config.hold_ns.saturating_add(config.idle_ns).max(1);
        let batch = 1_000_000u32.checked_div(section_ns).unwrap_or(1);
        Ok(Self {
            arena: (entry.make)()?,
            pattern: Pattern {
                hold: pace.loops(config.hold_ns),
                idle: pace.loops(config.idle_ns),
                batch: batch.clamp(1, 16),
            },
            excludes: entry.excludes,
            counts,
        })
    }

    pub(crate) fn threads(&self) -> u32 {
        self.counts.len() as u32
    }

    /// What each thread does until the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let Some(counts) = self.counts.get(worker.index as usize) else {
            return;
        };
        let events = Events::default();
        let mut sections: u64 = 0;
        while !worker.alarm.rung() {
            let here = Preempt::new();
            let done = self.arena.batch(self.pattern, worker.alarm, &events);
            drop(here);
            sections = sections.wrapping_add(done);
            breathe();
        }
        counts.sections.store(sections, Relaxed);
        counts.halts.store(events.halts.get(), Relaxed);
        counts.kicks.store(events.kicks.get(), Relaxed);
    }

    /// What the threads did, in their order.
    pub(crate) fn counts(&self) -> impl Iterator<Item = &Counts> {
        self.counts.iter().map(|counts| &**counts)
    }

    /// Returns how many updates were lost or torn if `sections` were completed.
    pub(crate) fn lost(&self, sections: u64) -> u64 {
        self.arena.words().lost(sections)
    }
}

impl Counts {
    fn new() -> Self {
        Self {
            sections: Atomic::new(0),
            halts: Atomic::new(0),
            kicks: Atomic::new(0),
        }
    }
}

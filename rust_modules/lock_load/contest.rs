// SPDX-License-Identifier: GPL-2.0

//! One run: threads that contend for one arena.

use abi::{
    lock_load::{
        Config,
        Kick, //
    },
    Limits, //
};
use algo::{
    primitive::{
        Atomic,
        Relaxed, //
    },
    Tuning,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    breathe,
    nap_soundly_until,
    now_ns,
    Pace,
    Padded,
    Preempt,
    Refused,
    Stage,
    Worker, //
};

use crate::{
    arena::{
        Arena,
        Pattern, //
    },
    disturb::{
        self,
        Disturb,
        Mine, //
    },
    line_up::LineUp,
    table, //
};

/// Sections between two chances for others to run on the vCPU, at most.
const LARGEST_BATCH: u32 = 64;

/// What the threads of a run share.
pub(crate) struct Contest {
    arena: KBox<dyn Arena>,
    pattern: Pattern,
    line_up: LineUp,
    run_ms: u32,
    /// Whether the lock promises to exclude.
    pub(crate) excludes: bool,
    pub(crate) disturb: Disturb,
    /// Whether waiters sleep, which they must not with preemption off.
    sleeps: bool,
    tuning: Tuning,
    /// The one of them that may change during a run.
    threshold: Atomic<u32>,
    counts: KVVec<Padded<Counts>>,
}

/// What one thread did. It alone writes them.
pub(crate) struct Counts {
    pub(crate) sections: Atomic<u64>,
    pub(crate) halts: Atomic<u64>,
    pub(crate) kicks: Atomic<u64>,
}

impl Contest {
    pub(crate) fn new(
        config: &Config,
        pace: Pace,
        kick: Kick,
        limits: &Limits,
    ) -> Result<Self, Refused> {
        let entry = table::entry(config.lock);
        disturb::fit(config, &entry, kick, limits)?;
        let disturb = Disturb::new(config, entry.sleeps)?;
        let mut counts = KVVec::with_capacity(config.threads as usize, GFP_KERNEL)?;
        for _ in 0..config.threads {
            counts.push(Padded(Counts::new()), GFP_KERNEL)?;
        }
        Ok(Self {
            arena: disturb.arena(&entry)?,
            pattern: Pattern {
                hold: pace.loops(config.hold_ns),
                idle: pace.loops(config.idle_ns),
            },
            line_up: LineUp::new(config.threads),
            run_ms: config.run_ms,
            excludes: entry.excludes,
            disturb,
            sleeps: entry.sleeps,
            tuning: Tuning {
                threshold: config.threshold,
                backoff: config.backoff,
                overtakes: config.overtakes,
            },
            threshold: Atomic::new(config.threshold),
            counts,
        })
    }

    /// Takes over live settings.
    pub(crate) fn change(&self, config: &Config) {
        self.threshold.store(config.threshold, Relaxed);
    }

    pub(crate) fn threads(&self) -> u32 {
        self.counts.len() as u32
    }

    /// What each thread does until the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let Some(counts) = self.counts.get(worker.index as usize) else {
            return;
        };
        let mut me = Waiter::new(self.tuning);
        let (line_up, arena) = (&self.line_up, &*self.arena);
        let (mut sections, mut batch) = (0u64, 1);
        let _clock = match worker.index {
            0 => {
                sections = 1;
                Some(line_up.begin(arena, &me, worker, self.run_ms, self.sleeps))
            }
            _ => {
                line_up.come(worker);
                None
            }
        };
        let mut mine = Mine::default();
        let mut from = now_ns();
        while !worker.alarm.rung() {
            me.tuning.threshold = self.threshold.load(Relaxed);
            let here = (!self.sleeps).then(Preempt::new);
            let done = arena.batch(self.pattern, batch, worker.alarm, &me);
            drop(here);
            sections = sections.wrapping_add(done);
            breathe();
            line_up.wait(worker);
            let to = now_ns();
            batch = resized(batch, to.saturating_sub(from));
            let more = self.disturb.between(&mut mine, worker, arena, &me);
            sections = sections.wrapping_add(more);
            from = now_ns();
        }
        self.disturb.end(&mut mine);
        counts.sections.store(sections, Relaxed);
        counts.halts.store(me.events.halts.get(), Relaxed);
        counts.kicks.store(me.events.kicks.get(), Relaxed);
    }

    /// What goes on around the threads until the alarm has rung.
    pub(crate) fn conduct(&self, stage: &Stage<'_>) -> Result<(), Refused> {
        while !self.line_up.begun() && !stage.alarm.rung() {
            nap_soundly_until(now_ns().saturating_add(1_000_000));
        }
        self.disturb.conduct(stage)
    }

    /// What the threads did, in their order.
    pub(crate) fn counts(&self) -> impl Iterator<Item = &Counts> {
        self.counts.iter().map(|counts| &**counts)
    }

    /// Returns how many updates were lost or torn if `sections` were completed.
    pub(crate) fn lost(&self, sections: u64) -> u64 {
        let lost = self.arena.words().lost(sections);
        lost.wrapping_add(self.disturb.lost())
    }
}

/// Returns how many sections the next batch is to have, the last one having taken `ns`.
///
/// A batch keeps preemption off. In a storm one section may take many milliseconds, and whoever
/// wants to end it must get a vCPU.
fn resized(batch: u32, ns: u64) -> u32 {
    match ns {
        0..100_000 => batch.saturating_mul(2).min(LARGEST_BATCH),
        100_000..1_000_000 => batch,
        _ => (batch / 2).max(1),
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

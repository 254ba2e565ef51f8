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
        Relaxed,
        Vcpu, //
    },
    Events,
    Tuning,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    cond_resched,
    now_ns,
    sleep_until,
    Control,
    DelayLoop,
    Padded,
    Preempt,
    Refused,
    Worker, //
};

use crate::{
    arena::{
        Arena,
        Mate,
        Pattern, //
    },
    disturb::{
        self,
        Disturb,
        Mine, //
    },
    instruments::Instruments,
    start_barrier::StartBarrier,
    stops::Stops,
    table, //
};

/// Sections between two chances for others to run on the vCPU, at most.
const LARGEST_BATCH: u32 = 64;

/// What the threads of a run share.
pub(crate) struct Contest {
    arena: KBox<dyn Arena>,
    pattern: Pattern,
    start_barrier: StartBarrier,
    run_ms: u32,
    /// Whether the lock promises to exclude.
    pub(crate) excludes: bool,
    /// Whether its waiters sleep, which needs preemption to be on.
    sleeps: bool,
    pub(crate) disturb: Disturb,
    tuning: Tuning,
    /// The one of them that may change during a run.
    threshold: Atomic<u32>,
    pub(crate) instruments: Option<Instruments>,
    pub(crate) stops: Option<Stops>,
    counts: KVVec<Padded<Counts>>,
}

/// What one thread did. It alone writes them.
pub(crate) struct Counts {
    pub(crate) sections: Atomic<u64>,
    /// In the order of [`Events::NAMES`].
    pub(crate) events: [Atomic<u64>; Events::NAMES.len()],
    /// The vCPU that it is on.
    vcpu: Atomic<u32>,
}

impl Contest {
    pub(crate) fn new(
        config: &Config,
        delay_loop: DelayLoop,
        kick: Kick,
        limits: &Limits,
    ) -> Result<Self, Refused> {
        let (facts, entry) = (config.lock.facts(), table::entry(config.lock));
        disturb::fit(config, kick, limits)?;
        let disturb = Disturb::new(config, facts.sleeps)?;
        let fifo = facts.fifo && disturb.keeps_order();
        let instruments = Instruments::new(config, fifo, entry.reports_contention)?;
        let ticks = instruments.as_ref().map(|instruments| instruments.ticks);
        let mut counts = KVVec::with_capacity(config.threads as usize, GFP_KERNEL)?;
        for _ in 0..config.threads {
            counts.push(Padded(Counts::new()), GFP_KERNEL)?;
        }
        Ok(Self {
            arena: disturb.arena(&entry)?,
            pattern: Pattern {
                hold: delay_loop.loops(config.hold_ns),
                idle: delay_loop.loops(config.idle_ns),
            },
            start_barrier: StartBarrier::new(config.threads),
            run_ms: config.run_ms,
            excludes: !facts.promises_nothing,
            sleeps: facts.sleeps,
            disturb,
            tuning: Tuning {
                threshold: config.threshold,
                backoff: config.backoff,
                overtakes: config.overtakes,
            },
            threshold: Atomic::new(config.threshold),
            instruments,
            stops: Stops::new(config, ticks)?,
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
        let mut mate = Mate {
            me: Waiter::new(self.tuning),
            observer: None,
        };
        let (start_barrier, arena) = (&self.start_barrier, &*self.arena);
        let (mut sections, mut batch) = (0u64, 1);
        let _clock = match worker.index {
            0 => {
                sections = 1;
                let begins = || self.begins();
                let (ms, sleeps) = (self.run_ms, self.sleeps);
                Some(start_barrier.begin(arena, &mate.me, worker, ms, sleeps, &begins))
            }
            _ => {
                start_barrier.come(worker);
                None
            }
        };
        let instruments = self.instruments.as_ref();
        mate.observer = instruments.and_then(|all| all.observer(worker.index, &mate.me));
        let mut mine = Mine::default();
        let mut from = now_ns();
        while !worker.stop_flag.is_raised() {
            mate.me.tuning.threshold = self.threshold.load(Relaxed);
            let here = (!self.sleeps).then(Preempt::new);
            counts.vcpu.store(Vcpu::current().number(), Relaxed);
            let done = arena.batch(self.pattern, batch, worker.stop_flag, &mate);
            drop(here);
            sections = sections.wrapping_add(done);
            cond_resched();
            start_barrier.wait(worker);
            let to = now_ns();
            batch = resized(batch, to.saturating_sub(from));
            let more = self.disturb.between(&mut mine, worker, arena, &mate);
            sections = sections
                .wrapping_add(more)
                .wrapping_add(self.stop(worker, &mate));
            from = now_ns();
        }
        self.disturb.end(&mut mine);
        counts.close(sections, &mate);
    }

    /// The run begins, within the section for which all have lined up.
    fn begins(&self) {
        if let Some(instruments) = &self.instruments {
            instruments.begin();
        }
        if let Some(stops) = &self.stops {
            stops.begin();
        }
    }

    /// Has a vCPU stopped if that is due; returns how many sections were completed for it.
    fn stop(&self, worker: &Worker<'_>, mate: &Mate<'_>) -> u64 {
        let Some(stops) = self.stops.as_ref().filter(|stops| stops.is_due()) else {
            return 0;
        };
        let here = (!self.sleeps).then(Preempt::new);
        let vcpu_of = |index: u32| {
            let counts = self.counts.get(index as usize)?;
            Some(counts.vcpu.load(Relaxed))
        };
        self.arena
            .stay(mate, &|| stops.ask(worker.index, vcpu_of, worker.stop_flag));
        drop(here);
        1
    }

    /// What goes on around the threads until the alarm has rung.
    pub(crate) fn control(&self, control: &Control<'_>) -> Result<(), Refused> {
        while !self.start_barrier.begun() && !control.stop_flag.is_raised() {
            sleep_until(now_ns().saturating_add(1_000_000));
        }
        self.disturb.control(control)
    }

    /// What the threads did, in their order.
    pub(crate) fn counts(&self) -> impl Iterator<Item = &Counts> {
        self.counts.iter().map(|counts| &**counts)
    }

    /// Returns each event of the list with how often it happened; all threads have left.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let names = Events::NAMES.iter().copied();
        names.map(|name| (name, self.event(name)))
    }

    /// Returns how often the event of that name happened.
    pub(crate) fn event(&self, name: &str) -> u64 {
        self.counts()
            .fold(0, |sum, counts| sum.wrapping_add(counts.event(name)))
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
            events: core::array::from_fn(|_| Atomic::new(0)),
            vcpu: Atomic::new(0),
        }
    }

    /// Writes down what the thread came to, which leaves.
    fn close(&self, sections: u64, mate: &Mate<'_>) {
        self.sections.store(sections, Relaxed);
        for (to, (_, count)) in self.events.iter().zip(mate.me.events.iter()) {
            to.store(count, Relaxed);
        }
        if let Some(observer) = &mate.observer {
            observer.close(&mate.me);
        }
    }

    /// Returns how often the event of that name happened.
    pub(crate) fn event(&self, name: &str) -> u64 {
        let mut events = Events::NAMES.iter().zip(&self.events);
        let found = events.find(|&(&other, _)| other == name);
        found.map_or(0, |(_, count)| count.load(Relaxed))
    }
}

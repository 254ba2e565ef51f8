// SPDX-License-Identifier: GPL-2.0

//! A run: the workload, and the threads that run it burst by burst.

use abi::{
    bottleneck::Config,
    Limits, //
};
use algo::{
    primitive::{
        stamp,
        Vcpu, //
    },
    FinishedWait,
    Tuning,
    Waiter, //
};
use measure::{
    StealClock as _,
    TscScale, //
};
use rig::{
    prelude::*,
    tsc_scale,
    Random,
    Slices,
    StartBarrier,
    StealClock,
    Until, //
};

use crate::{
    storage::try_filled,
    thread_stats::ThreadStats,
    workload::{
        Thread,
        Workload, //
    },
    workloads, //
};

/// The shortest gap between two clock reads of a waiter that counts as lost time.
const GAP_NS: u64 = 200_000;

/// Operations of the first slice of a thread, and of the longest. In a storm a lock is acquired a few
/// dozen times a second.
const SLICES: [u32; 2] = [8, 64];

/// What a thread needs for a burst.
struct Mine<'a> {
    stats: &'a ThreadStats,
    stop_flag: &'a StopFlag,
    steal: StealClock,
    slices: Slices,
}

/// State that the threads of a run share.
pub(crate) struct Run {
    pub(crate) workload: KBox<dyn Workload>,
    pub(crate) stats: KVVec<Padded<ThreadStats>>,
    pub(crate) config: Config,
    start_barrier: StartBarrier,
    ticks: TscScale,
}

impl Run {
    pub(crate) fn new(config: &Config, limits: &Limits) -> Result<Self, Refused> {
        Ok(Self {
            workload: workloads::make(config, limits)?,
            stats: try_filled(config.threads, |_| Ok(Padded(ThreadStats::new()?)))?,
            config: *config,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
            ticks: tsc_scale()?,
        })
    }

    /// Runs bursts on one thread until the run is over.
    pub(crate) fn work(&self, worker: &Worker<'_>) {
        let Some(stats) = self.stats.get(worker.index as usize) else {
            return;
        };
        let me = Waiter::new(Tuning::default());
        me.wait_clock.enable(self.ticks.of_ns(GAP_NS));
        let random = Random::new(worker.index);
        let thread = Thread {
            index: worker.index,
            threads: self.config.threads,
            waiter: &me,
            random: &random,
            errors: &stats.errors,
        };
        let [first, most] = SLICES;
        let mine = Mine {
            stats,
            stop_flag: worker.stop_flag,
            steal: StealClock::new(),
            slices: Slices::new(first, most),
        };
        let _clock = self.start_barrier.wait(worker);
        let mut until = Until::new(&self.start_barrier, worker);
        let waited =
            |waited: &FinishedWait| stats.waited(self.ticks, waited.since, stamp(), waited);
        me.wait_clock.listening(&waited, || loop {
            self.burst(&thread, &mine);
            worker.current_vcpu();
            self.workload.rest(&thread);
            if until.over() {
                break;
            }
            pause(self.config.idle_ns);
            cond_resched();
        });
        stats.leave(&me);
    }

    fn burst(&self, thread: &Thread<'_>, mine: &Mine<'_>) {
        let Mine { stats, steal, .. } = mine;
        let stolen = || steal.passed_ns(Vcpu::current().number());
        let (waited_ns, mut made, mut ns) = (stats.wait_ns.get(), 0u32, 0u64);
        loop {
            let here = (!self.workload.sleeps()).then(Preempt::new);
            // Starts the interval: earlier steal time is not this stretch's.
            stolen();
            let left = self.config.burst.saturating_sub(made);
            let stretch = mine.slices.stretch(left, mine.stop_flag, |steps| {
                self.workload.burst(thread, steps)
            });
            if here.is_some() {
                stats.stolen(stolen());
            }
            drop(here);
            made = made.saturating_add(stretch.made);
            ns = ns.saturating_add(stretch.ns);
            if stretch.is_last {
                break;
            }
            cond_resched();
        }
        stats.note(made, ns, stats.wait_ns.get().saturating_sub(waited_ns));
    }
}

fn pause(ns: u32) {
    if ns > 0 {
        let until = now_ns().saturating_add(ns.into());
        while now_ns() < until {
            cpu_relax();
        }
    }
}

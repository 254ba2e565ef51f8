// SPDX-License-Identifier: GPL-2.0

//! One run: a case, and the threads that work at it burst after burst.

use abi::{
    bottleneck::Config,
    Limits, //
};
use algo::{
    primitive::{
        cpu_relax,
        stamp,
        Vcpu, //
    },
    FinishedWait,
    Tuning,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    cond_resched,
    now_ns,
    Padded,
    Preempt,
    Random,
    Refused,
    StartBarrier,
    StealClock,
    StopFlag,
    TscScale,
    Until,
    Worker, //
};

use crate::{
    case::{
        Case,
        Who, //
    },
    part::Part,
    table, //
};

/// So long no thread that waits and runs lets pass between two looks.
const GAP_NS: u64 = 200_000;

/// Operations between two looks at the alarm: in a storm a lock is had a few dozen times a second.
const SLICE: u32 = 64;

/// What the threads of a run share.
pub(crate) struct Run {
    pub(crate) case: KBox<dyn Case>,
    pub(crate) parts: KVVec<Padded<Part>>,
    pub(crate) config: Config,
    start_barrier: StartBarrier,
    ticks: TscScale,
}

impl Run {
    pub(crate) fn new(config: &Config, limits: &Limits) -> Result<Self, Refused> {
        let mut parts = KVVec::with_capacity(config.threads as usize, GFP_KERNEL)?;
        for _ in 0..config.threads {
            parts.push(Padded(Part::new()?), GFP_KERNEL)?;
        }
        Ok(Self {
            case: table::case(config, limits)?,
            parts,
            config: *config,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
            ticks: TscScale::new()?,
        })
    }

    /// What each thread does until the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let Some(part) = self.parts.get(worker.index as usize) else {
            return;
        };
        let me = Waiter::new(Tuning::default());
        me.wait_clock.enable(self.ticks.of_ns(GAP_NS));
        let random = Random::new(worker.index);
        let who = Who {
            index: worker.index,
            threads: self.config.threads,
            waiter: &me,
            random: &random,
            found: &part.found,
        };
        let steal = StealClock::new();
        let _clock = self.start_barrier.wait(worker);
        let mut until = Until::new(&self.start_barrier, worker);
        let waited = |waited: &FinishedWait| part.waited(self.ticks, waited.since, stamp(), waited);
        me.wait_clock.listening(&waited, || loop {
            self.burst(&who, part, &steal, worker.stop_flag);
            worker.current_vcpu();
            self.case.rest(&who);
            if until.over() {
                break;
            }
            pause(self.config.idle_ns);
            cond_resched();
        });
        part.leave(&me);
    }

    fn burst(&self, who: &Who<'_>, part: &Part, steal: &StealClock, stop_flag: &StopFlag) {
        let here = (!self.case.sleeps()).then(Preempt::new);
        let stolen = || steal.passed_ns(Vcpu::current().number());
        // What was stolen before is not this burst's.
        stolen();
        let (waited_ns, from) = (part.wait_ns.get(), now_ns());
        let mut made = 0u32;
        while made < self.config.burst {
            let left = self.config.burst.wrapping_sub(made);
            let did = self.case.burst(who, left.min(SLICE));
            made = made.wrapping_add(did);
            if did == 0 || stop_flag.is_raised() {
                break;
            }
        }
        let ns = now_ns().saturating_sub(from);
        if here.is_some() {
            part.stolen(stolen());
        }
        drop(here);
        part.note(made, ns, part.wait_ns.get().saturating_sub(waited_ns));
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

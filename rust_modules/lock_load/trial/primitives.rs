// SPDX-License-Identifier: GPL-2.0

//! Costs of the primitives of which algorithms consist: one thread leads, the other follows.
//!
//! What is timed, and how, is in `algo/primitive_cost.rs`; `simulate` runs the same on a simulated machine.

use core::fmt::Result as Written;

use algo::{
    histogram::BUCKETS,
    primitive_cost::{
        Followed,
        Follower,
        Leader,
        Line,
        Pace,
        PrimitiveCosts,
        KINDS,
        LINES, //
    }, //
};
use measure::PrimitiveTimes;
use rig::{
    filled,
    halt_after_kick,
    need_resched,
    tsc_scale,
    zeros, //
};

use crate::{
    prelude::*,
    thread_counts::ThreadCounts,
    workload::{
        Finished,
        Workload, //
    }, //
};

/// Longer than it takes to halt, and for a kick to come, also of a guest within a translated machine.
const SETTLE_NS: u64 = 300_000;
/// Longer than it takes until a vCPU that runs was interrupted, where kicks are quick.
const WINDOW_NS: u64 = 20_000;

/// What the threads share.
pub(super) struct PrimitiveTrial {
    costs: PrimitiveCosts<KVVec<Line>>,
    times: PrimitiveTimes<KVVec<Atomic<u64>>>,
    pace: Pace,
    kick: Kick,
    /// Times that each primitive is to be timed.
    wanted: u64,
    run_ms: u32,
    counts: KVVec<Padded<ThreadCounts>>,
}

impl PrimitiveTrial {
    pub(super) fn new(config: &Config, kick: Kick) -> Result<Self, Refused> {
        let scale = tsc_scale()?;
        Ok(Self {
            costs: PrimitiveCosts::new(filled(LINES, || Ok(Line::new()))?),
            times: PrimitiveTimes::new(scale, || zeros(BUCKETS))?,
            pace: Pace {
                settle: scale.of_ns(SETTLE_NS),
                window: scale.of_ns(WINDOW_NS),
            },
            kick,
            wanted: config.rounds,
            run_ms: config.run_ms,
            counts: ThreadCounts::list(config.threads)?,
        })
    }

    /// Leads until each primitive was timed as often as wanted; returns how often.
    fn lead(&self, stop_flag: &StopFlag) -> u64 {
        let gives_up = || need_resched() || stop_flag.is_raised();
        let emit = |of, ticks, per| self.times.record(of, ticks, per);
        let mut leader = Leader::new(&self.costs, self.pace);
        let mut passes = 0u64;
        while passes < self.wanted && !stop_flag.is_raised() {
            let pinned = Preempt::new();
            leader.time_alone(&emit);
            drop(pinned);
            let mut rounds = 0u32;
            while rounds < KINDS && !stop_flag.is_raised() {
                let pinned = Preempt::new();
                rounds = rounds.wrapping_add(leader.lead(gives_up, &emit).into());
                drop(pinned);
                cond_resched();
            }
            passes = passes.wrapping_add(u64::from(rounds == KINDS));
        }
        leader.end();
        passes
    }

    fn follow(&self, stop_flag: &StopFlag) {
        let gives_up = || need_resched() || stop_flag.is_raised();
        let halt = |word: &Atomic<u32>, value| halt_after_kick(self.kick, word, value);
        let follower = Follower::new(&self.costs, self.pace, halt);
        while !stop_flag.is_raised() {
            let pinned = Preempt::new();
            let followed = follower.follow(gives_up);
            drop(pinned);
            if followed == Followed::Over {
                break;
            }
            cond_resched();
        }
    }
}

impl Workload for PrimitiveTrial {
    fn counts(&self) -> &[Padded<ThreadCounts>] {
        &self.counts
    }

    fn thread(&self, worker: &Worker<'_>, counts: &ThreadCounts) {
        let stop_flag = worker.stop_flag;
        let mut passes = 0;
        if worker.index == 0 {
            let _clock = worker.start_clock(self.run_ms);
            passes = self.lead(stop_flag);
            stop_flag.raise();
        } else {
            self.follow(stop_flag);
        }
        counts.close(passes, &Events::default());
    }

    fn details(&self, _: &Finished<'_>, to: &mut Text) -> Written {
        self.times.write(to)
    }
}

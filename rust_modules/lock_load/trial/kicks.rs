// SPDX-License-Identifier: GPL-2.0

//! Trials of kick and halt without a lock: one thread of each pair waits for a word, the other kicks.
//!
//! They try the window between the last check of a waiter and its halt, from both sides:
//!
//! ```text
//!   kick_before_halt   checks · KICK · halts      the kick stays pending until the halt, and ends it
//!   halt_before_kick   checks · halts · KICK      the kick ends the halt
//!   kick_running       checks · KICK · checks     the kick harms neither this nor a later halt
//! ```

use core::fmt;

use abi::trial::{
    Load,
    Trial, //
};

use super::{
    members::Members,
    pair::{
        Pair,
        Side,
        MOST_ROUNDS, //
    }, //
};
use crate::{
    prelude::*,
    thread_counts::ThreadCounts,
    workload::{
        Finished,
        Workload, //
    }, //
};

/// What the threads share.
pub(super) struct KickTrial {
    members: Members,
    load: Load,
    /// Threads 2i and 2i + 1 are pair i; in a kick storm there is one, which the others kick.
    pairs: KVVec<Padded<Pair>>,
    /// Rounds of each pair.
    rounds: u32,
}

/// Kicks of a kick storm between two checks of the stop flag.
const STORM_BATCH: u32 = 16;

impl KickTrial {
    pub(super) fn new(config: &Config, ends_by: HaltEnd) -> Result<Self, Refused> {
        let members = Members::new(config, ends_by, Region::none())?;
        let count = match config.load {
            Load::KickStorm => 1,
            _ => config.threads / 2,
        };
        let mut pairs = KVVec::with_capacity(count as usize, may_fail())?;
        for _ in 0..count {
            pairs.push(Padded(Pair::new()), GFP_KERNEL)?;
        }
        let rounds = config.rounds.div_ceil(u64::from(count.max(1)));
        Ok(Self {
            members,
            load: config.load,
            pairs,
            rounds: u32::try_from(rounds)
                .unwrap_or(MOST_ROUNDS)
                .min(MOST_ROUNDS),
        })
    }

    /// Runs the rounds of one side of a pair; returns how many were completed.
    fn run_side(&self, pair: &Pair, kicks: bool, worker: &Worker<'_>, events: &Events) -> u64 {
        let side = Side {
            pair,
            watchdog: &self.members.watchdog,
            stop_flag: worker.stop_flag,
            events,
        };
        for round in 1..=self.rounds {
            if side.watchdog.lost_enough() {
                worker.stop_flag.raise();
            }
            // Every other kick finds its vCPU running; the next one still has to end a halt.
            let running = self.load == Load::KickRunning && round % 2 == 1;
            let completed = match (kicks, self.load) {
                (true, Load::KickBeforeHalt) => side.kick_before_halt(round),
                // In a kick storm the waiter is hardly ever seen halted.
                (true, Load::KickStorm) => side.kick(round, false),
                (true, _) => side.kick(round, !running),
                (false, Load::KickBeforeHalt) => side.halt_after_kick(round),
                (false, _) if running => side.spin(round),
                (false, _) => side.halt(round),
            };
            if !completed {
                return u64::from(round.wrapping_sub(1));
            }
            cond_resched();
        }
        u64::from(self.rounds)
    }

    /// Kicks the one waiter until the trial ends.
    fn storm(&self, worker: &Worker<'_>, events: &Events) {
        let Some(pair) = self.pairs.first() else {
            return;
        };
        while !worker.stop_flag.is_raised() && !pair.has_ended() {
            let pinned = Preempt::new();
            for _ in 0..STORM_BATCH {
                if let Some(vcpu) = pair.waiter() {
                    self.members.watchdog.kick(vcpu);
                    events.kicks.bump();
                }
            }
            drop(pinned);
            cond_resched();
        }
    }

    fn line(&self) -> Trial {
        let rounds = self.pairs.iter().map(|pair| pair.rounds());
        let rounds = rounds.fold(0, u64::wrapping_add).min(self.members.wanted);
        let (mut count, mut sum, mut longest) = (0u64, 0u64, 0u64);
        for (n, ns, most) in self.pairs.iter().map(|pair| pair.wakes()) {
            count = count.wrapping_add(n);
            sum = sum.wrapping_add(ns);
            longest = longest.max(most);
        }
        let others = self.members.counts.iter().skip(2);
        Trial {
            storm: match self.load {
                Load::KickStorm => others.fold(0, |n, other| n.wrapping_add(other.event("kicks"))),
                _ => 0,
            },
            wake_mean_ns: sum.checked_div(count).unwrap_or(0),
            wake_max_ns: longest,
            ..self.members.line(rounds)
        }
    }
}

impl Workload for KickTrial {
    fn counts(&self) -> &[Padded<ThreadCounts>] {
        &self.members.counts
    }

    fn thread(&self, worker: &Worker<'_>, counts: &ThreadCounts) {
        let _clock = self.members.start_clock(worker);
        let (events, mut rounds) = (Events::default(), 0);
        match self.pairs.get((worker.index / 2) as usize) {
            Some(pair) => {
                rounds = self.run_side(pair, worker.index % 2 == 0, worker, &events);
                let all = rounds == u64::from(self.rounds);
                pair.end(all);
            }
            None if self.load == Load::KickStorm => self.storm(worker, &events),
            None => {}
        }
        self.members.leave(counts, rounds, &events);
    }

    fn details(&self, _: &Finished<'_>, to: &mut Text) -> fmt::Result {
        self.members.write(&self.line(), to)
    }
}

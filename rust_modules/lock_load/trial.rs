// SPDX-License-Identifier: GPL-2.0

//! Kick and halt in isolation: one thread of each pair waits for a word, the other kicks it.
//!
//! What is tried is the window between a waiter's last look and its halt, from both sides:
//!
//! ```text
//!   kick_before_halt   looks · KICK · halts       the kick must wait for the halt, and end it
//!   halt_before_kick   looks · halts · KICK       the kick must end the halt
//!   kick_running       looks · KICK · looks       it must hurt nobody, nor any later halt
//! ```

use abi::{
    lock_load::Config,
    trial::{
        Load,
        Trial as Line, //
    }, //
};
use algo::Events;
use kernel::{
    prelude::*,
    sync::Arc, //
};
use rig::{
    cond_resched,
    ActiveWatchdog,
    Padded,
    Preempt,
    Refused,
    Region,
    Watchdog,
    Worker, //
};

use crate::{
    pair::{
        Pair,
        Side, //
    },
    tally::{
        trial_line,
        Tally, //
    }, //
};

/// What the threads of a run share.
pub(crate) struct Trial {
    _duty: ActiveWatchdog,
    dog: Arc<Watchdog>,
    load: Load,
    /// Threads 2i and 2i + 1 are pair i; in a storm there is one, and the others blow.
    pairs: KVVec<Padded<Pair>>,
    /// Rounds for each pair.
    rounds: u32,
    wanted: u64,
    run_ms: u32,
    tally: Tally,
}

impl Trial {
    pub(crate) fn new(config: &Config, irqs_off: bool) -> Result<Self, Refused> {
        let dog = Watchdog::new(config.threads, irqs_off, Region::none())?;
        let count = match config.load {
            Load::KickStorm => 1,
            _ => config.threads / 2,
        };
        let mut pairs = KVVec::with_capacity(count as usize, GFP_KERNEL)?;
        for _ in 0..count {
            pairs.push(Padded(Pair::new()), GFP_KERNEL)?;
        }
        let rounds = config.rounds.div_ceil(u64::from(count.max(1)));
        Ok(Self {
            _duty: dog.activate(),
            dog,
            load: config.load,
            pairs,
            // The word counts them, and its last value stands for the end.
            rounds: u32::try_from(rounds).unwrap_or(u32::MAX).min(u32::MAX - 1),
            wanted: config.rounds,
            run_ms: config.run_ms,
            tally: Tally::new(config.threads)?,
        })
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn dog(&self) -> &Watchdog {
        &self.dog
    }

    /// What each thread does until its rounds are done, or the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let _clock = (worker.index == 0).then(|| worker.start_clock(self.run_ms));
        let (events, mut rounds) = (Events::default(), 0u64);
        let side = worker.index % 2;
        match self.pairs.get((worker.index / 2) as usize) {
            Some(pair) => {
                rounds = self.rounds_of(pair, side == 0, worker, &events);
                pair.end(&self.dog, rounds == u64::from(self.rounds));
            }
            None if self.load == Load::KickStorm => self.blow(worker, &events),
            None => {}
        }
        self.tally
            .leave(worker.index, rounds, &events, || self.dog.scan());
    }

    /// One side of a pair, round after round; returns how many were completed.
    fn rounds_of(&self, pair: &Pair, kicks: bool, worker: &Worker<'_>, events: &Events) -> u64 {
        let side = Side {
            pair,
            dog: &self.dog,
            stop_flag: worker.stop_flag,
            events,
        };
        for round in 1..=self.rounds {
            if self.dog.lost_enough() {
                worker.stop_flag.raise();
            }
            // Every other kick finds its vCPU running; the one after must still end a halt.
            let running = self.load == Load::KickRunning && round % 2 == 1;
            let here = Preempt::new();
            let went_on = match (kicks, self.load) {
                (true, Load::KickBeforeHalt) => side.kick_first(round),
                (true, _) => side.kick(round, !running, self.load == Load::KickStorm),
                (false, Load::KickBeforeHalt) => side.halt_after_kick(round),
                (false, _) if running => side.run(round),
                (false, _) => side.halt(round),
            };
            drop(here);
            if !went_on {
                return u64::from(round.wrapping_sub(1));
            }
            cond_resched();
        }
        u64::from(self.rounds)
    }

    /// Kicks the one waiter without end.
    fn blow(&self, worker: &Worker<'_>, events: &Events) {
        let Some(pair) = self.pairs.first() else {
            return;
        };
        while !worker.stop_flag.is_raised() && !pair.has_ended() {
            let here = Preempt::new();
            for _ in 0..16 {
                if let Some(vcpu) = pair.waiter() {
                    self.dog.kick(vcpu);
                    events.kicks.bump();
                }
            }
            drop(here);
            cond_resched();
        }
    }

    pub(crate) fn line(&self) -> Line {
        let rounds = self.pairs.iter().map(|pair| pair.rounds());
        let rounds = rounds.fold(0, u64::wrapping_add).min(self.wanted);
        let wakes = self.pairs.iter().map(|pair| pair.wakes());
        let (count, sum, longest) = wakes.fold((0u64, 0u64, 0u64), |(n, sum, most), wake| {
            let (count, ns, longest) = wake;
            (
                n.wrapping_add(count),
                sum.wrapping_add(ns),
                most.max(longest),
            )
        });
        let blown = self.tally.each().skip(2).map(|done| done.kicks());
        Line {
            storm: match self.load {
                Load::KickStorm => blown.fold(0, u64::wrapping_add),
                _ => 0,
            },
            wake_mean_ns: sum.checked_div(count).unwrap_or(0),
            wake_max_ns: longest,
            ..trial_line(&self.dog, self.wanted, rounds)
        }
    }
}

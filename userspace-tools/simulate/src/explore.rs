// SPDX-License-Identifier: GPL-2.0

//! Exploration of schedules at random: each run is one lock, vCPUs, CPUs, tuning and schedule, all of a seed.
//!
//! Between loom, which has every interleaving of three threads, and a guest, which has few of many: here
//! a vCPU is preempted between any two words, on up to 64 vCPUs, and a run is repeated by its seed. It says
//! nothing of memory orderings.

use std::fmt;

use abi::lock_load::{Config, Lock, Origin};
use machine::{Plan, Priorities};

use crate::{contest::run, failed::Failed};

/// Length of a run, and the time after it in which every thread has to leave.
const RUN_MS: u32 = 2;
const LEAVE_NS: u64 = 10_000_000_000;

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Decides all else.
    pub seed: u64,
    /// The settings of the contention.
    pub config: Config,
    /// CPUs of the host.
    pub cpus: u32,
}

/// What a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Updates that were lost or torn.
    pub lost_updates: u64,
    /// Threads that never left.
    pub stuck: usize,
    /// Completed sections.
    pub sections: u64,
}

impl Found {
    /// Whether the lock broke a promise.
    pub fn is_mistake(&self) -> bool {
        self.lost_updates > 0 || self.stuck > 0
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lost_updates,
            stuck,
            sections,
        } = self;
        write!(
            f,
            "lost updates: {lost_updates}, threads that never left: {stuck}, sections: {sections}"
        )
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, config, cpus } = self;
        let (lock, threads) = (config.lock.name(), config.threads);
        let (threshold, overtakes) = (config.threshold, config.overtakes);
        write!(
            f,
            "seed={seed} lock={lock} threads={threads} cpus={cpus} threshold={threshold} overtakes={overtakes}"
        )
    }
}

impl Schedule {
    /// The schedule of `lock` that `seed` stands for.
    pub fn of(lock: Lock, seed: u64) -> Self {
        // As many of few vCPUs as of many: most mistakes need few.
        let at = |shift: u64, n: u64| mixed(seed, shift) % n;
        let threads = 2 + at(1, 1 << (1 + at(2, 6))) as u32;
        let cpus = 1 + at(3, u64::from(threads)) as u32;
        let pick = |all: [u32; 4], shift| all[at(shift, 4) as usize];
        let config = Config {
            lock,
            threads: threads.min(64),
            run_ms: RUN_MS,
            hold_ns: pick([0, 50, 200, 2000], 4),
            idle_ns: pick([0, 50, 500, 5000], 5),
            threshold: pick([0, 1, 32, 512], 6),
            overtakes: pick([0, 1, 64, 1024], 7),
            backoff: pick([1, 2, 16, 64], 8),
            ..Config::default()
        };
        Self { seed, config, cpus }
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// If the lock is not simulated.
    pub fn run(&self) -> Result<Found, Failed> {
        let plan = Plan {
            seed: self.seed,
            end: u64::from(RUN_MS) * 1_000_000 + LEAVE_NS,
            sticky_kicks: mixed(self.seed, 9) % 2 == 0,
            ..Plan::new(self.cpus)
        };
        let outcome = run(&self.config, plan, Box::new(Priorities::new(self.seed)))?;
        Ok(Found {
            lost_updates: outcome.lost_updates,
            stuck: outcome.stuck,
            sections: outcome.sections,
        })
    }
}

/// A number that depends on both, evenly (SplitMix64).
fn mixed(seed: u64, shift: u64) -> u64 {
    let mut z = seed.wrapping_add(shift.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The locks that are explored, and whether each has to be caught.
pub fn explored() -> impl Iterator<Item = (Lock, bool)> {
    let simulated = Lock::ALL.iter().filter(|lock| {
        let facts = lock.facts();
        !facts.promises_nothing && (facts.origin != Origin::Kernel || **lock == Lock::KernelRawSpin)
    });
    simulated.map(|&lock| {
        let facts = lock.facts();
        (lock, facts.never_excludes || facts.drops_kicks)
    })
}

// SPDX-License-Identifier: GPL-2.0

//! Trial of deadlock detection: two threads run into deadlocks on purpose, AA and ABBA.
//!
//! ```text
//!   thread 0: acquires A ─▶ A again: AA ─▶ waits for thread 1 ─▶ acquires B ┐ one at least is refused,
//!   thread 1: acquires B ─▶ B again: AA ─▶ waits for thread 0 ─▶ acquires A ┘ and frees its own: ABBA
//! ```
//!
//! A round is an ABBA deadlock that a thread reported. Without one, both wait until one times out; then rounds
//! are missing.

use core::fmt::{
    Result as Written,
    Write, //
};

use abi::trial::Trial;
use algo::lock::{
    Failed,
    Resilient, //
};
use rig::need_resched;

use crate::{
    prelude::*,
    thread_counts::{
        events,
        ThreadCounts, //
    },
    tuning::tuning,
    workload::{
        Finished,
        Workload, //
    }, //
};

/// How long a thread that holds its lock waits for the other to hold its own: longer than a thread that runs
/// takes to.
const PATIENCE_NS: u64 = 100_000;

/// One thread's lock.
struct Side<const CONFIRM: bool> {
    lock: Resilient<CONFIRM>,
    /// Its thread holds it, and is about to acquire the other's.
    is_held: Atomic<bool>,
}

/// What the two threads share.
pub(super) struct DeadlockTrial<const CONFIRM: bool> {
    sides: [Padded<Side<CONFIRM>>; 2],
    tuning: Tuning,
    /// Deadlocks that are to be reported.
    wanted: u64,
    /// Deadlocks ABBA that were.
    reported: Padded<Atomic<u64>>,
    /// Deadlocks AA that were not.
    missed: Padded<Atomic<u64>>,
    run_ms: u32,
    counts: KVVec<Padded<ThreadCounts>>,
}

impl<const CONFIRM: bool> DeadlockTrial<CONFIRM> {
    pub(super) fn new(config: &Config) -> Result<Self, Refused> {
        let side = || {
            Padded(Side {
                lock: Lock::new(),
                is_held: Atomic::new(false),
            })
        };
        Ok(Self {
            sides: [side(), side()],
            tuning: tuning(config)?,
            wanted: config.rounds,
            reported: Padded(Atomic::new(0)),
            missed: Padded(Atomic::new(0)),
            run_ms: config.run_ms,
            counts: ThreadCounts::list(config.threads)?,
        })
    }

    /// Thread, which holds `mine`: acquires it again, and once the other thread holds `other`, that.
    fn cross(
        &self,
        [mine, other]: [&Side<CONFIRM>; 2],
        me: &Waiter,
        stop_flag: &StopFlag,
    ) -> Result<(), Failed> {
        if mine.lock.acquire(me, || ()) != Err(Failed::Aa) {
            self.missed.add(1, Relaxed);
        }
        mine.is_held.store(true, Relaxed);
        let until = now_ns().saturating_add(PATIENCE_NS);
        while !other.is_held.load(Relaxed)
            && now_ns() < until
            && !need_resched()
            && !stop_flag.is_raised()
        {
            cpu_relax();
        }
        let acquired = other.lock.acquire(me, || ());
        mine.is_held.store(false, Relaxed);
        acquired
    }
}

impl<const CONFIRM: bool> Workload for DeadlockTrial<CONFIRM> {
    fn counts(&self) -> &[Padded<ThreadCounts>] {
        &self.counts
    }

    fn thread(&self, worker: &Worker<'_>, counts: &ThreadCounts) {
        let _clock = (worker.index == 0).then(|| worker.start_clock(self.run_ms));
        let (me, stop_flag) = (Waiter::new(self.tuning), worker.stop_flag);
        let [first, second] = &self.sides;
        let sides: [&Side<CONFIRM>; 2] = match worker.index {
            0 => [first, second],
            _ => [second, first],
        };
        let [mine, _] = sides;
        let mut sections = 0u64;
        while !stop_flag.is_raised() && self.reported.load(Relaxed) < self.wanted {
            let pinned = Preempt::new();
            let crossed = mine.lock.acquire(&me, || self.cross(sides, &me, stop_flag));
            drop(pinned);
            sections = sections.wrapping_add(crossed.is_ok().into());
            if crossed == Ok(Err(Failed::Abba)) {
                self.reported.add(1, Relaxed);
            }
            cond_resched();
        }
        counts.close(sections, &me.events);
    }

    fn details(&self, _: &Finished<'_>, to: &mut Text) -> Written {
        let (rounds, missed) = (self.reported.load(Relaxed), self.missed.load(Relaxed));
        let line = Trial {
            wanted: self.wanted,
            rounds,
            kicked: 0,
            late: 0,
            spurious: 0,
            lost: missed,
            storm: 0,
            wake_mean_ns: 0,
            wake_max_ns: 0,
            verdict: match missed {
                0 if rounds < self.wanted => OracleState::Untested,
                0 => OracleState::Held,
                _ => OracleState::Broken,
            },
        };
        writeln!(to, "{line}")?;
        events(&self.counts).try_for_each(|event| writeln!(to, "{event}"))
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Random jobs, each held against the oracle: odd sizes, failing, cancelled, late, short of
//! helpers, on other nodes. What is drawn depends on the seed alone.

use core::ops::Range;

use abi::job_runner::{
    Config,
    Cpus,
    JobEnd,
    Oracle,
    Policy,
    Start, //
};
use algo::primitive::{
    Atomic,
    Relaxed, //
};
use job::{
    Fail,
    Job,
    Places,
    Pool,
    Stop,
    Ticket,
    Work, //
};
use kernel::prelude::*;
use rig::{
    cond_resched,
    now_ns,
    StopFlag, //
};

use crate::{
    coverage::Coverage,
    run::nodes, //
};

/// No random job.
pub(crate) const NONE: Oracle = Oracle {
    jobs: 0,
    sound: 0,
    failed: 0,
    cancelled: 0,
    late: 0,
    undid: 0,
};

/// Marsaglia, "Xorshift RNGs", 2003.
struct Dice(u64);

impl Dice {
    /// Returns a number below `bound`, or 0.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11).checked_rem(bound).unwrap_or(0)
    }

    /// Returns true once in `times`.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Returns a number up to `most`, small ones as often as large ones.
    fn scale(&mut self, most: u64) -> u64 {
        let bits = self.below(25) as u32;
        let range = 1u64.checked_shl(bits).unwrap_or(1);
        self.below(range).min(most)
    }
}

/// What is done at random indices of a random job: nothing but marks, a fault, a cancellation.
struct Marks<'a> {
    coverage: &'a Coverage,
    fails_at: Option<u64>,
    cancels_at: Option<u64>,
    cancelled: &'a Atomic<bool>,
}

impl Work for Marks<'_> {
    fn part(&self, part: Range<u64>, _: &Stop<'_>) -> Result<(), Fail> {
        if self.cancels_at.is_some_and(|at| part.contains(&at)) {
            self.cancelled.store(true, Relaxed);
        }
        match self.fails_at.filter(|at| part.contains(at)) {
            None => {
                self.coverage.mark(part);
                Ok(())
            }
            Some(at) => {
                self.coverage.mark(part.start..at);
                Err(Fail::at(at, EIO))
            }
        }
    }

    fn undo(&self, done: Range<u64>) {
        self.coverage.unmark(done);
    }
}

/// Runs `config.check` of them, until the alarm has rung.
pub(crate) fn jobs(
    config: &Config,
    cpus: Cpus,
    pool: &Pool,
    ticket: &Ticket,
    stop_flag: &StopFlag,
) -> Oracle {
    let mut dice = Dice(u64::from(config.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut oracle = NONE;
    let Ok(mut coverage) = Coverage::new(0, config.size as usize) else {
        return oracle;
    };
    while oracle.jobs < u64::from(config.check) && !stop_flag.is_raised() {
        let cancelled = Atomic::new(false);
        let stop = || cancelled.load(Relaxed);
        let job = draw(config, cpus, &mut dice, &stop);
        let inside = job.start..job.start.saturating_add(job.size);
        coverage.restart(job.start, job.size);
        let mut at = |times| {
            let index = inside.start.saturating_add(dice.below(job.size));
            dice.once_in(times).then_some(index)
        };
        let marks = Marks {
            fails_at: at(4),
            cancels_at: at(8),
            coverage: &coverage,
            cancelled: &cancelled,
        };
        judge(&job, &marks, pool, ticket, &mut oracle);
        cond_resched();
    }
    oracle
}

/// Runs a job and counts what came of it.
fn judge(job: &Job<'_>, marks: &Marks<'_>, pool: &Pool, ticket: &Ticket, oracle: &mut Oracle) {
    let done = job.run(pool, marks, ticket);
    let tally = marks.coverage.tally();
    let one = |n: &mut u64| *n = n.wrapping_add(1);
    let due = job.undo && done.ended != JobEnd::Done;
    let undone = if due { tally.once } else { 0 };
    let items = done.slots().map(|slot| slot.items.load(Relaxed));
    let sound = tally.repeated == 0
        && tally.wrong == 0
        && done.disorder == 0
        && tally.undone == undone
        && done.undone == undone
        && items.fold(0, u64::wrapping_add) == tally.once
        && (done.ended == JobEnd::Done) == (tally.missed == 0)
        && done.fault.is_some() == (done.ended == JobEnd::Failed)
        && done.fault.is_none_or(|fault| {
            Some(fault.index) == marks.fails_at
                && (fault.chunk_start..fault.chunk_end).contains(&fault.index)
        });
    one(&mut oracle.jobs);
    if sound {
        one(&mut oracle.sound);
    }
    if due {
        one(&mut oracle.undid);
    }
    match done.ended {
        JobEnd::Done => {}
        JobEnd::Failed => one(&mut oracle.failed),
        JobEnd::Cancelled => one(&mut oracle.cancelled),
        JobEnd::Deadline => one(&mut oracle.late),
    }
}

/// Draws a job within the settings.
fn draw<'a>(
    config: &Config,
    cpus: Cpus,
    dice: &mut Dice,
    cancelled: &'a (dyn Fn() -> bool + Sync),
) -> Job<'a> {
    let policies = Policy::ALL.iter().filter(|policy| !policy.is_busted());
    let nth = dice.below(policies.clone().count() as u64) as usize;
    let policy = match config.policy {
        busted if busted.is_busted() => busted,
        _ => policies.clone().nth(nth).copied().unwrap_or(config.policy),
    };
    let helpers = dice.below(u64::from(config.max_threads).saturating_add(1));
    Job {
        start: dice.scale(1 << 40),
        size: dice.scale(config.size),
        align: dice.scale(4096) / 8,
        min_chunk: dice.scale(4096) / 8,
        max_threads: (helpers as u32).max(1),
        policy,
        per_worker: dice.scale(64) as u32,
        burst: dice.scale(4) as u32,
        nice: config.nice as i32,
        cap: 0,
        deadline_ns: match dice.once_in(12) {
            true => now_ns().saturating_add(dice.below(100_000)),
            false => 0,
        },
        cpus: Places::These(cpus),
        nodes: nodes((dice.below(4) as u32).max(1)),
        spill: dice.once_in(2),
        helpers: config.helpers,
        deny: match dice.once_in(4) {
            true => dice.below(8) as u32,
            false => 0,
        },
        begin: match dice.once_in(4) {
            true => Start::QueueWork,
            false => Start::Wake,
        },
        undo: dice.once_in(2),
        trace: 0,
        cancelled,
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Random jobs, each checked by the oracle: odd sizes, errors, cancellations, deadlines, too few
//! helpers, other nodes. All that is drawn depends on the seed alone.

use core::ops::Range;

use abi::job_runner::{
    Config,
    Cpus,
    JobEnd,
    Oracle,
    Policy,
    Start, //
};
use job::{
    Fail,
    Job,
    JobProgress,
    Places,
    Pool,
    Stop,
    Work, //
};
use rig::{
    prelude::*,
    Random, //
};

use crate::coverage::Coverage;

/// No random job.
pub(crate) const NONE: Oracle = Oracle {
    jobs: 0,
    sound: 0,
    failed: 0,
    cancelled: 0,
    late: 0,
    undid: 0,
};

/// Job function of a random job: it marks indices, fails at one, and cancels at another.
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

/// Runs `config.check` of them, until the stop flag is up.
pub(crate) fn run(
    config: &Config,
    cpus: Cpus,
    pool: &Pool,
    progress: &JobProgress,
    stop_flag: &StopFlag,
) -> Oracle {
    let random = Random::new(config.seed);
    let mut oracle = NONE;
    let Ok(mut coverage) = Coverage::new(0, config.size as usize) else {
        return oracle;
    };
    while oracle.jobs < u64::from(config.check) && !stop_flag.is_raised() {
        let cancelled = Atomic::new(false);
        let stop = || cancelled.load(Relaxed);
        let job = draw(config, cpus, &random, &stop);
        coverage.restart(job.start, job.size);
        let at = |times| {
            let index = job
                .start
                .saturating_add(random.below(job.size as u32).into());
            random.once_in(times).then_some(index)
        };
        let marks = Marks {
            fails_at: at(4),
            cancels_at: at(8),
            coverage: &coverage,
            cancelled: &cancelled,
        };
        check(&job, &marks, pool, progress, &mut oracle);
        cond_resched();
    }
    oracle
}

/// Runs a job and checks it.
fn check(
    job: &Job<'_>,
    marks: &Marks<'_>,
    pool: &Pool,
    progress: &JobProgress,
    oracle: &mut Oracle,
) {
    let outcome = job.run(pool, marks, progress);
    let tally = marks.coverage.tally();
    let add = |n: &mut u64, condition: bool| *n = n.wrapping_add(condition.into());
    let (end, fault) = (outcome.end, outcome.fault);
    let due = job.undo && end != JobEnd::Done;
    let undone = if due { tally.once } else { 0 };
    let items = outcome.counts().map(|counts| counts.items);
    let sound = tally.repeated == 0
        && tally.wrong == 0
        && outcome.disorder == 0
        && tally.undone == undone
        && outcome.undone == undone
        && items.fold(0, u64::wrapping_add) == tally.once
        && (end == JobEnd::Done) == (tally.missed == 0)
        && fault.is_some() == (end == JobEnd::Failed)
        && fault.is_none_or(|fault| {
            Some(fault.index) == marks.fails_at
                && (fault.chunk_start..fault.chunk_end).contains(&fault.index)
        });
    add(&mut oracle.jobs, true);
    add(&mut oracle.sound, sound);
    add(&mut oracle.undid, due);
    add(&mut oracle.failed, end == JobEnd::Failed);
    add(&mut oracle.cancelled, end == JobEnd::Cancelled);
    add(&mut oracle.late, end == JobEnd::Deadline);
}

/// Draws a job within the settings.
fn draw<'a>(
    config: &Config,
    cpus: Cpus,
    random: &Random,
    cancelled: &'a (dyn Fn() -> bool + Sync),
) -> Job<'a> {
    let sound = || Policy::ALL.iter().filter(|policy| !policy.is_busted());
    let nth = random.below(sound().count() as u32) as usize;
    let policy = match config.policy {
        busted if busted.is_busted() => busted,
        policy => sound().nth(nth).copied().unwrap_or(policy),
    };
    Job {
        start: random.any_magnitude(1 << 40),
        size: random.any_magnitude(config.size),
        align: random.any_magnitude(4096) / 8,
        min_chunk: random.any_magnitude(4096) / 8,
        max_threads: random.below(config.max_threads.saturating_add(1)).max(1),
        policy,
        per_worker: random.any_magnitude(64) as u32,
        burst: random.any_magnitude(4) as u32,
        nice: config.nice as i32,
        cap: 0,
        deadline_ns: match random.once_in(12) {
            true => now_ns().saturating_add(random.below(100_000).into()),
            false => 0,
        },
        cpus: Places::These(cpus),
        nodes: random.below(4).max(1).into(),
        spill: random.once_in(2),
        helpers: config.helpers,
        deny: match random.once_in(4) {
            true => random.below(8),
            false => 0,
        },
        begin: match random.once_in(4) {
            true => Start::QueueWork,
            false => Start::Wake,
        },
        undo: random.once_in(2),
        trace: 0,
        cancelled,
    }
}

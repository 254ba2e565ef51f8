// SPDX-License-Identifier: GPL-2.0

//! Random jobs, each checked by the oracle: odd sizes, every ending, too few helpers, other nodes,
//! jobs in jobs. All that is drawn depends on the seed alone.

mod marks;

use abi::job_runner::{
    Config,
    JobEnd,
    Oracle,
    Policy,
    Rule,
    Start,
    Unsound, //
};
use job::{
    Job,
    JobOutcome,
    JobProgress,
    Places,
    Pool, //
};
use rig::{
    prelude::*,
    Random,
    VcpuSet, //
};

use self::marks::Marks;
use crate::{
    coverage::Coverage,
    nested::{
        InnerHelpers,
        Nested, //
    },
    oracle::broken_rule, //
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

/// Runs `config.check` of them, until the stop flag is up.
pub(crate) fn run(
    config: &Config,
    cpus: &VcpuSet,
    pool: &Pool,
    progress: &JobProgress,
    stop_flag: &StopFlag,
) -> (Oracle, Option<Unsound>) {
    let random = Random::new(config.seed);
    let (mut oracle, mut unsound) = (NONE, None);
    let Ok(mut coverage) = Coverage::new(0, config.size as usize) else {
        return (oracle, unsound);
    };
    while oracle.jobs < u64::from(config.check) && !stop_flag.is_raised() {
        let cancelled = Atomic::new(false);
        let stop = || cancelled.load(Relaxed);
        let job = draw(config, cpus, &random, &stop);
        coverage.restart(job.start, job.size);
        let marks = Marks::draw(&job, &random, &coverage, &cancelled);
        let outcome = match marks.is_nested {
            true => run_nested(&job, pool, &marks, progress),
            false => job.run(pool, &marks, progress),
        };
        let rule = record(&job, &outcome, &marks, &mut oracle);
        let first = rule.map(|rule| Unsound {
            job: oracle.jobs,
            rule,
        });
        unsound = unsound.or(first);
        cond_resched();
    }
    (oracle, unsound)
}

/// Runs a job each part of which is again a job.
fn run_nested(job: &Job<'_>, pool: &Pool, marks: &Marks<'_>, progress: &JobProgress) -> JobOutcome {
    let nested = Nested {
        job: job.clone(),
        pool,
        work: marks,
        coverage: marks.coverage,
        helpers: &InnerHelpers::default(),
    };
    job.run(pool, &nested, progress)
}

/// Counts a job; returns the first rule that it broke.
fn record(
    job: &Job<'_>,
    outcome: &JobOutcome,
    marks: &Marks<'_>,
    oracle: &mut Oracle,
) -> Option<Rule> {
    let tally = marks.coverage.tally();
    let rule = broken_rule(core::iter::once(outcome), job.undo, &tally)
        .or_else(|| marks.broken_rule(outcome));
    let add = |n: &mut u64, condition: bool| *n = n.wrapping_add(condition.into());
    let end = outcome.end;
    add(&mut oracle.jobs, true);
    add(&mut oracle.sound, rule.is_none());
    add(&mut oracle.undid, job.undo && end != JobEnd::Done);
    add(&mut oracle.failed, end == JobEnd::Failed);
    add(&mut oracle.cancelled, end == JobEnd::Cancelled);
    add(&mut oracle.late, end == JobEnd::Deadline);
    rule
}

/// Draws a job within the settings.
fn draw<'a>(
    config: &Config,
    cpus: &'a VcpuSet,
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
        deadline_ns: match random.once_in(6) {
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

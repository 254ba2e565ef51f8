// SPDX-License-Identifier: GPL-2.0

//! The run of a schedule: settings that its seed draws, and what the module's own oracle says.

use abi::{bottleneck, job_runner, lock_load, sloppy_counter, Switch};
use algo::lock::Ttas;
use machine::{Plan, Policy};
use results::{LockLoad, Outcome, Report, Settings};

use super::{draw::Draw, found::Found, subject::Subject};
use crate::{
    contest::{run, run_type},
    failed::Failed,
    loads::Simulated,
};

/// Settings of a module.
#[derive(Clone, Debug)]
pub(super) enum Load {
    Lock(lock_load::Config),
    /// A lock without order, in place of one that has.
    Unordered(lock_load::Config),
    Counter(sloppy_counter::Config),
    Chunks(Box<job_runner::Config>),
    Case(bottleneck::Config),
}

impl Load {
    pub(super) fn of(subject: Subject, vcpus: u32, draw: &mut Draw) -> Self {
        match subject {
            Subject::Lock(lock) => Self::Lock(contest(lock, vcpus, draw)),
            Subject::Overtake => Self::Unordered(contest(lock_load::Lock::Ticket, vcpus, draw)),
            Subject::Bypass => {
                Self::Unordered(contest(lock_load::Lock::ReciprocatingSpin, vcpus, draw))
            }
            Subject::Counter(counter) => Self::Counter(sloppy_counter::Config {
                counter,
                threads: vcpus,
                run_ms: 1,
                threshold: draw.pick([1, 8, 64, 4096]),
                node_threshold: draw.pick([16, 64, 1024, 4096]),
                burst: draw.pick([8, 32, 64, 256]),
                idle_ns: draw.pick([500, 2000, 5000, 20_000]),
                reads: draw.pick([0, 0, 5, 20]),
                ..Default::default()
            }),
            Subject::Chunks(policy) => Self::Chunks(Box::new(job_runner::Config {
                policy,
                max_threads: vcpus,
                helpers: 100,
                size: u64::from(draw.pick([100, 500, 1000, 2000])),
                align: u64::from(draw.pick([0, 0, 3, 8])),
                min_chunk: u64::from(draw.pick([1, 1, 4, 16])),
                per_worker: draw.pick([1, 4, 16, 64]),
                job: match draw.below(4) {
                    0 => job_runner::JobFunction::Fault,
                    1 => job_runner::JobFunction::Uneven,
                    _ => job_runner::JobFunction::Spin,
                },
                fail_at: draw.below(2000),
                undo: [Switch::Off, Switch::On][draw.below(2) as usize],
                ..Default::default()
            })),
            Subject::Case(kind, variant) => Self::Case(case(kind, variant, vcpus, draw)),
        }
    }

    pub(super) fn run_ms(&self) -> u32 {
        match self {
            Self::Lock(config) | Self::Unordered(config) => config.run_ms,
            Self::Counter(config) => config.length_ms(),
            Self::Chunks(config) => config.length_ms(),
            Self::Case(config) => config.length_ms(),
        }
    }

    pub(super) fn run(&self, plan: Plan, policy: Box<dyn Policy>) -> Result<Found, Failed> {
        match self {
            Self::Lock(config) => found_in::<LockLoad>(run(config, plan, policy)?.report),
            Self::Unordered(config) => {
                found_in::<LockLoad>(run_type::<Ttas>(config, plan, policy)?.report)
            }
            Self::Counter(config) => found(config, plan, policy),
            Self::Chunks(config) => found(&**config, plan, policy),
            Self::Case(config) => found(config, plan, policy),
        }
    }
}

fn contest(lock: lock_load::Lock, threads: u32, draw: &mut Draw) -> lock_load::Config {
    let config = lock_load::Config {
        lock,
        threads,
        run_ms: 2,
        hold_ns: draw.pick([0, 50, 200, 2000]),
        idle_ns: draw.pick([0, 50, 500, 5000]),
        threshold: draw.pick([0, 1, 32, 512]),
        overtakes: draw.pick([0, 1, 64, 1024]),
        backoff: draw.pick([1, 2, 16, 64]),
        histograms: lock.histograms(),
        ..Default::default()
    };
    let facts = lock.facts();
    lock_load::Config {
        readers_pct: match facts.shares {
            true if facts.admits_readers => draw.pick([50, 50, 90, 90]),
            true => draw.pick([0, 50, 90, 99]),
            false => 0,
        },
        ..config
    }
}

/// With the settings that put its promises to the test.
fn case(
    kind: bottleneck::Kind,
    variant: bottleneck::Variant,
    threads: u32,
    draw: &mut Draw,
) -> bottleneck::Config {
    let mut config = bottleneck::Config::default();
    // It is a list of our own, and its tests parse it.
    let _ = config.take(kind.facts().check, threads);
    config.case = kind;
    config.variant = variant;
    config.threads = threads;
    config.lock = bottleneck::Lock::PvQueued;
    config.run_ms = 1;
    config.burst = draw.pick([8, 16, 64, 256]);
    config.idle_ns = draw.pick([500, 2000, 5000, 20_000]);
    match kind {
        // A write is an unmount, which interrupts every vCPU.
        bottleneck::Kind::MountCount => config.write_permille = 0,
        // Few unmounts of one mount, so that its cache entry is used between two.
        bottleneck::Kind::MountLookup => (config.size, config.write_permille) = (1, 20),
        _ => {}
    }
    config
}

fn found<S: Simulated>(config: &S, plan: Plan, policy: Box<dyn Policy>) -> Result<Found, Failed> {
    found_in::<S::Report>(config.simulate(plan, policy).map(|outcome| outcome.report))
}

/// What a report says, or the lack of one.
fn found_in<R: Report>(report: Result<String, Failed>) -> Result<Found, Failed> {
    let broken = |why: String, work| {
        Ok(Found {
            broken: Some(why),
            work,
        })
    };
    let text = match report {
        Ok(text) => text,
        Err(stuck @ Failed::Stuck(_)) => return broken(stuck.to_string(), 0),
        Err(other) => return Err(other),
    };
    let report = match R::parse(&text) {
        Ok(report) => report,
        Err(error) => return broken(error.to_string(), 0),
    };
    let work = report.totals().work;
    match (report.check(), report.outcome()) {
        (Err(why), _) => broken(why, work),
        (_, outcome @ (Outcome::Fail | Outcome::Caught | Outcome::CutShort)) => {
            broken(outcome.complaint().unwrap_or("caught").into(), work)
        }
        _ => Ok(Found { broken: None, work }),
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What came of a run, by module, and whether it agrees with itself.

use abi::{bottleneck, job_runner, lock_load, sloppy_counter, status::OracleState};
use anyhow::bail;

use crate::{store::record::Record, store::seen::Seen};

/// A module's report.
#[derive(Clone, Debug)]
pub enum Report {
    /// Of `lock-load`.
    LockLoad {
        /// All threads together.
        sum: lock_load::Sum,
        /// What it ran on.
        machine: lock_load::Machine,
        /// Each thread.
        threads: Vec<lock_load::Thread>,
        /// What its instruments saw.
        seen: Box<Seen>,
    },
    /// Of `sloppy-counter`.
    SloppyCounter {
        /// All threads together.
        sum: sloppy_counter::Sum,
        /// Each thread.
        threads: Vec<sloppy_counter::Thread>,
    },
    /// Of `job-runner`.
    JobRunner {
        /// All workers together.
        sum: job_runner::Sum,
        /// Each worker.
        workers: Vec<job_runner::Worker>,
    },
    /// Of `bottleneck`.
    Bottleneck {
        /// All threads together.
        sum: bottleneck::Sum,
        /// The CPU time that they had.
        granted: bottleneck::Granted,
        /// Each thread.
        threads: Vec<bottleneck::Thread>,
    },
}

impl Report {
    /// Reads the report out of its record.
    pub fn read(record: &Record) -> anyhow::Result<Self> {
        Ok(match record.said.module.as_str() {
            "lock-load" => Self::LockLoad {
                sum: record.line("sum", lock_load::Sum::WORD, lock_load::Sum::KEYS)?,
                machine: record.line(
                    "machine",
                    lock_load::Machine::WORD,
                    lock_load::Machine::KEYS,
                )?,
                threads: record.lines(
                    "threads",
                    lock_load::Thread::WORD,
                    lock_load::Thread::KEYS,
                )?,
                seen: Box::new(Seen::read(record)),
            },
            "sloppy-counter" => Self::SloppyCounter {
                sum: record.line("sum", sloppy_counter::Sum::WORD, sloppy_counter::Sum::KEYS)?,
                threads: record.lines(
                    "threads",
                    sloppy_counter::Thread::WORD,
                    sloppy_counter::Thread::KEYS,
                )?,
            },
            "job-runner" => Self::JobRunner {
                sum: record.line("sum", job_runner::Sum::WORD, job_runner::Sum::KEYS)?,
                workers: record.lines(
                    "workers",
                    job_runner::Worker::WORD,
                    job_runner::Worker::KEYS,
                )?,
            },
            "bottleneck" => Self::Bottleneck {
                sum: record.line("sum", bottleneck::Sum::WORD, bottleneck::Sum::KEYS)?,
                granted: record.line(
                    "granted",
                    bottleneck::Granted::WORD,
                    bottleneck::Granted::KEYS,
                )?,
                threads: record.lines(
                    "threads",
                    bottleneck::Thread::WORD,
                    bottleneck::Thread::KEYS,
                )?,
            },
            other => bail!("`{other}` is no module that sweep knows"),
        })
    }

    /// The number that the run was made for: sections/s, additions/s, operations/s, or
    /// milliseconds.
    pub fn value(&self) -> f64 {
        let per_s = |n: u64, elapsed_ns: u64| n as f64 * 1e9 / elapsed_ns.max(1) as f64;
        match self {
            Self::LockLoad { sum, .. } => per_s(sum.sections, sum.elapsed_ns),
            Self::SloppyCounter { sum, .. } => per_s(sum.adds, sum.elapsed_ns),
            Self::Bottleneck { sum, .. } => per_s(sum.ops, sum.elapsed_ns),
            Self::JobRunner { sum, .. } => sum.elapsed_ns as f64 / 1e6,
        }
    }

    /// Whether a larger [`value`](Self::value) is the better one.
    pub fn more_is_better(&self) -> bool {
        !matches!(self, Self::JobRunner { .. })
    }

    /// How much was done per second: sections, additions, operations or items.
    pub fn rate(&self) -> f64 {
        match self {
            Self::JobRunner { sum, .. } => sum.once as f64 * 1e9 / sum.elapsed_ns.max(1) as f64,
            _ => self.value(),
        }
    }

    /// What the module's oracle said.
    pub fn verdict(&self) -> OracleState {
        match self {
            Self::LockLoad { sum, .. } => sum.exclusion,
            Self::SloppyCounter { sum, .. } => sum.total,
            Self::JobRunner { sum, .. } => sum.coverage,
            Self::Bottleneck { sum, .. } => sum.verdict,
        }
    }

    /// Where the report contradicts itself: the oracles are checked again from their own numbers.
    pub fn contradiction(&self) -> Option<String> {
        let checks = match self {
            Self::LockLoad { sum, threads, .. } => locks(sum, threads),
            Self::SloppyCounter { sum, threads } => counters(sum, threads),
            Self::JobRunner { sum, workers } => jobs(sum, workers),
            Self::Bottleneck { sum, threads, .. } => bottlenecks(sum, threads),
        };
        let failed = checks.into_iter().find(|(holds, _)| !holds);
        failed.map(|(_, what)| format!("the report contradicts itself: not so that {what}"))
    }
}

type Checks = Vec<(bool, &'static str)>;

fn locks(sum: &lock_load::Sum, threads: &[lock_load::Thread]) -> Checks {
    let sections = || threads.iter().map(|thread| thread.sections);
    vec![
        (sum.elapsed_ns > 0, "time passed"),
        (
            sum.sections == sections().sum::<u64>(),
            "sections of threads add up",
        ),
        (
            Some(sum.min) == sections().min(),
            "min is the least of threads",
        ),
        (
            Some(sum.max) == sections().max(),
            "max is the most of threads",
        ),
        (
            sum.halts == threads.iter().map(|t| t.halts).sum::<u64>()
                && sum.kicks == threads.iter().map(|t| t.kicks).sum::<u64>(),
            "halts and kicks of threads add up",
        ),
        (
            sum.exclusion != OracleState::Held || sum.lost == 0,
            "exclusion held and no update was lost",
        ),
        (
            sum.exclusion != OracleState::Broken || sum.lost > 0,
            "exclusion is broken and updates were lost",
        ),
    ]
}

fn counters(sum: &sloppy_counter::Sum, threads: &[sloppy_counter::Thread]) -> Checks {
    vec![
        (sum.elapsed_ns > 0, "time passed"),
        (
            sum.adds == threads.iter().map(|t| t.adds).sum::<u64>(),
            "additions of threads add up",
        ),
        // One thread alone tests nothing, but its additions must be there all the same.
        (
            kept(sum) || sum.total == OracleState::Broken,
            "the total is exact and the cheap read within its bound unless broken",
        ),
    ]
}

fn jobs(sum: &job_runner::Sum, workers: &[job_runner::Worker]) -> Checks {
    vec![
        (sum.elapsed_ns > 0, "time passed"),
        (
            sum.workers as usize == workers.len(),
            "each worker has its line",
        ),
        (
            sum.chunks == workers.iter().map(|w| w.chunks).sum::<u64>(),
            "chunks of workers add up",
        ),
        (
            sum.coverage != OracleState::Held || (sum.missed == 0 && sum.repeated == 0),
            "coverage held, nothing missed, nothing repeated",
        ),
        (
            sum.coverage != OracleState::Held
                || sum.once == workers.iter().map(|w| w.items).sum::<u64>(),
            "coverage held and items of workers add up",
        ),
        (sum.cut_short == 0, "the job ran to its end within limit_ms"),
    ]
}

fn bottlenecks(sum: &bottleneck::Sum, threads: &[bottleneck::Thread]) -> Checks {
    vec![
        (sum.elapsed_ns > 0, "time passed"),
        (
            sum.threads as usize == threads.len(),
            "each thread has its line",
        ),
        (
            sum.ops == threads.iter().map(|t| t.ops).sum::<u64>(),
            "operations of threads add up",
        ),
        (
            (sum.verdict == OracleState::Broken) == (sum.wrong > 0),
            "broken is what has errors",
        ),
    ]
}

/// Whether the total is exact, and the cheap read within what the counter promises.
pub fn kept(sum: &sloppy_counter::Sum) -> bool {
    sum.sum == sum.truth && error(sum) <= sum.bound.into()
}

/// How far the cheap read was off the truth.
pub fn error(sum: &sloppy_counter::Sum) -> u128 {
    (i128::from(sum.read) - i128::from(sum.truth)).unsigned_abs()
}

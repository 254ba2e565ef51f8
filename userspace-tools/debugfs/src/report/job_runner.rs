// SPDX-License-Identifier: GPL-2.0

//! A run of `job-runner`.

use std::time::Duration;

use abi::{
    job_runner::{Config, Policy, Run, Sum, Worker},
    status::Verdict,
    Malformed,
};
use serde::Serialize;

use super::{equal, fields, list, Lines, Report};
use crate::Outcome;

/// What `job-runner` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobRunner {
    /// The run's number.
    pub run: u64,
    /// The settings it ran with.
    #[serde(serialize_with = "fields")]
    pub config: Config,
    /// What the workers came to together.
    #[serde(serialize_with = "fields")]
    pub sum: Sum,
    /// What each worker did.
    #[serde(serialize_with = "list")]
    pub workers: Vec<Worker>,
}

impl JobRunner {
    /// How long the job took, in milliseconds.
    pub fn time_ms(&self) -> f64 {
        self.sum.elapsed_ns as f64 / 1e6
    }
}

impl Report for JobRunner {
    const MODULE: &'static str = "job-runner";
    type Config = Config;

    fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::new(text);
        Ok(Self {
            run: lines.take::<Run>()?.run,
            config: lines.config()?,
            sum: lines.take()?,
            workers: lines.rest()?,
        })
    }

    fn run(&self) -> u64 {
        self.run
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn outcome(&self) -> Outcome {
        let busted = self.config.policy == Policy::Busted;
        let whole = self.sum.cut_short == 0;
        match Outcome::of(self.sum.coverage, busted, whole && self.sum.chunks > 1) {
            Outcome::Untested if !whole => Outcome::CutShort,
            outcome => outcome,
        }
    }

    fn check(&self) -> Result<(), String> {
        let Self { sum, workers, .. } = self;
        equal("workers", workers.len() as u64, sum.workers.into())?;
        for (expected, worker) in (0..).zip(workers) {
            equal("index of a worker", worker.index.into(), expected)?;
        }
        if sum.workers > self.config.max_threads {
            return Err(format!("more workers than max_threads: {sum}"));
        }
        equal("chunks", sum.chunks, workers.iter().map(|w| w.chunks).sum())?;
        let seen = sum.once + sum.missed + sum.repeated;
        equal("once + missed + repeated", seen, self.config.size)?;
        let items = workers.iter().map(|w| w.items).sum();
        if sum.repeated == 0 {
            equal("once", sum.once, items)?;
        }
        let right = sum.missed == 0 && sum.repeated == 0;
        match (sum.coverage, right) {
            (Verdict::Held, false) => Err(format!("coverage held, but: {sum}")),
            (Verdict::Broken, true) => Err(format!("coverage broken, but: {sum}")),
            _ => Ok(()),
        }
    }

    fn lasts(config: &Config) -> (Duration, Duration) {
        let limit = Duration::from_millis(config.limit_ms.into());
        (Duration::ZERO, limit)
    }
}

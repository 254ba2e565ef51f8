// SPDX-License-Identifier: GPL-2.0

//! A run of `sloppy-counter`.

use std::time::Duration;

use abi::{
    sloppy_counter::{Config, Counter, Run, Sum, Thread},
    status::Verdict,
    Malformed,
};
use serde::Serialize;

use super::{equal, fields, list, Lines, Report};
use crate::Outcome;

/// What `sloppy-counter` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SloppyCounter {
    /// The run's number.
    pub run: u64,
    /// The settings it ran with.
    #[serde(serialize_with = "fields")]
    pub config: Config,
    /// What the threads came to together.
    #[serde(serialize_with = "fields")]
    pub sum: Sum,
    /// What each thread did.
    #[serde(serialize_with = "list")]
    pub threads: Vec<Thread>,
}

impl SloppyCounter {
    /// Additions per second of all threads together.
    pub fn rate(&self) -> f64 {
        self.sum.adds as f64 * 1e9 / self.sum.elapsed_ns.max(1) as f64
    }

    /// How far the cheap read was off at the end.
    pub fn error(&self) -> i128 {
        i128::from(self.sum.read) - i128::from(self.sum.adds)
    }

    /// How far the exact sum was off: what the counter lost or made up.
    pub fn lost(&self) -> i128 {
        i128::from(self.sum.adds) - i128::from(self.sum.sum)
    }
}

impl Report for SloppyCounter {
    const MODULE: &'static str = "sloppy-counter";
    type Config = Config;

    fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::new(text);
        Ok(Self {
            run: lines.take::<Run>()?.run,
            config: lines.config()?,
            sum: lines.take()?,
            threads: lines.rest()?,
        })
    }

    fn run(&self) -> u64 {
        self.run
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn outcome(&self) -> Outcome {
        let busted = self.config.counter == Counter::Busted;
        Outcome::of(self.sum.total, busted, self.config.threads > 1)
    }

    fn check(&self) -> Result<(), String> {
        let Self { sum, threads, .. } = self;
        let count = threads.len() as u64;
        equal("threads", count, self.config.threads.into())?;
        for (expected, thread) in (0..).zip(threads) {
            equal("index of a thread", thread.index.into(), expected)?;
        }
        equal("adds", sum.adds, threads.iter().map(|t| t.adds).sum())?;
        let right = self.lost() == 0 && self.error().unsigned_abs() <= sum.bound.into();
        match (sum.total, right) {
            (Verdict::Held, false) => Err(format!("total held, but: {sum}")),
            (Verdict::Broken, true) => Err(format!("total broken, but: {sum}")),
            _ => Ok(()),
        }
    }

    fn lasts(config: &Config) -> (Duration, Duration) {
        let run = Duration::from_millis(config.run_ms.into());
        (run, run)
    }
}

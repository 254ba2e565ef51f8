// SPDX-License-Identifier: GPL-2.0

//! A run of `sloppy-counter`.

use std::time::Duration;

use abi::{
    sloppy_counter::{
        Audit, Bucket, Check, Config, Counter, Lane, Memory, Of, Run, Speed, Sum, Thread, Work,
    },
    status::Verdict,
    Malformed,
};
use serde::Serialize;

use super::{equal, fields, list, some, Lines, Report};
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
    /// What an operation took, of `work=adds`.
    #[serde(serialize_with = "some", skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Reads held against the truth, of `audit=on`.
    #[serde(serialize_with = "some", skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// What was promised and seen, of all other works.
    #[serde(serialize_with = "some", skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// What a counter takes.
    #[serde(serialize_with = "some", skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// How far reads were off, and how old.
    #[serde(serialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<Bucket>,
    /// What each vCPU held back at the end.
    #[serde(serialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<Lane>,
    /// What each thread did.
    #[serde(serialize_with = "list")]
    pub threads: Vec<Thread>,
}

impl SloppyCounter {
    /// Operations per second of all threads together.
    pub fn rate(&self) -> f64 {
        self.sum.adds as f64 * 1e9 / self.sum.elapsed_ns.max(1) as f64
    }

    /// Operations per second of CPU time that was granted to the threads.
    pub fn granted_rate(&self) -> Option<f64> {
        let add_ps = self.speed.as_ref()?.add_ps;
        (add_ps > 0).then(|| 1e12 / add_ps as f64)
    }

    /// How far the cheap read was off at the end.
    pub fn error(&self) -> i128 {
        i128::from(self.sum.read) - i128::from(self.sum.truth)
    }

    /// How far the exact sum was off: what the counter lost or made up.
    pub fn lost(&self) -> i128 {
        i128::from(self.sum.truth) - i128::from(self.sum.sum)
    }

    /// The value that `part` of the samples are not above: a bucket's smallest.
    pub fn quantile(&self, of: Of, part: f64) -> Option<u64> {
        let mine = || self.buckets.iter().filter(|bucket| bucket.of == of);
        let all: u64 = mine().map(|bucket| bucket.count).sum();
        let mut seen = 0;
        let at = mine().find(|bucket| {
            seen += bucket.count;
            seen as f64 >= all as f64 * part
        });
        at.map(|bucket| bucket.from)
    }
}

impl Report for SloppyCounter {
    const MODULE: &'static str = "sloppy-counter";
    type Config = Config;

    fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::new(text);
        let report = Self {
            run: lines.take::<Run>()?.run,
            config: lines.config()?,
            sum: lines.take()?,
            speed: lines.maybe()?,
            audit: lines.maybe()?,
            check: lines.maybe()?,
            memory: lines.maybe()?,
            buckets: lines.all()?,
            lanes: lines.all()?,
            threads: lines.all()?,
        };
        lines.end().map(|()| report)
    }

    fn run(&self) -> u64 {
        self.run
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn outcome(&self) -> Outcome {
        let adds = self.config.work == Work::Adds;
        let busted = adds && self.config.counter == Counter::Busted;
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
        if let Some(audit) = &self.audit {
            for of in [Of::Error, Of::Stale] {
                let mine = self.buckets.iter().filter(|bucket| bucket.of == of);
                equal("samples", audit.samples, mine.map(|b| b.count).sum())?;
            }
        }
        let right = self.lost() == 0 && self.error().unsigned_abs() <= sum.bound.into();
        let audited = self.audit.as_ref().is_none_or(|audit| audit.broken == 0);
        let checked = self.check.as_ref().is_none_or(|check| check.wrong == 0);
        match (sum.total, right && audited && checked) {
            (Verdict::Held, false) => Err(format!("total held, but: {sum}")),
            (Verdict::Broken, true) if self.check.is_none() => {
                Err(format!("total broken, but: {sum}"))
            }
            _ => Ok(()),
        }
    }

    fn lasts(config: &Config) -> (Duration, Duration) {
        let run = Duration::from_millis(config.run_ms.into());
        (run, run)
    }
}

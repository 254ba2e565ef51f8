// SPDX-License-Identifier: GPL-2.0

//! A run of `lock-load`.

use std::time::Duration;

use abi::{
    lock_load::{Config, Disturbed, Lock, Machine, Run, Sum, Thread},
    status::Verdict,
    trial::{Load, Lost, Trial},
    Malformed,
};
use serde::Serialize;

use super::{equal, fields, list, Lines, Report};
use crate::Outcome;

/// What `lock-load` reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LockLoad {
    /// The run's number.
    pub run: u64,
    /// The settings it ran with.
    #[serde(serialize_with = "fields")]
    pub config: Config,
    /// What the threads came to together.
    #[serde(serialize_with = "fields")]
    pub sum: Sum,
    /// What it ran on.
    #[serde(serialize_with = "fields")]
    pub machine: Machine,
    /// What disturbed it.
    #[serde(serialize_with = "fields")]
    pub disturbed: Disturbed,
    /// What each thread did.
    #[serde(serialize_with = "list")]
    pub threads: Vec<Thread>,
    /// What it came to, if it was a trial.
    #[serde(serialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub trial: Vec<Trial>,
    /// The first few wake-ups that were lost.
    #[serde(serialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
}

impl LockLoad {
    /// Critical sections per second of all threads together.
    pub fn rate(&self) -> f64 {
        self.sum.sections as f64 * 1e9 / self.sum.elapsed_ns.max(1) as f64
    }

    /// Jain's index of the threads' sections: 1 if all had the same share, 1/n if one had all.
    pub fn fairness(&self) -> f64 {
        let (sum, squares) = self.threads.iter().fold((0.0, 0.0), |(sum, squares), t| {
            let n = t.sections as f64;
            (sum + n, squares + n * n)
        });
        if squares == 0.0 {
            return f64::NAN;
        }
        sum * sum / (squares * self.threads.len() as f64)
    }
}

impl Report for LockLoad {
    const MODULE: &'static str = "lock-load";
    type Config = Config;

    fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::new(text);
        let report = Self {
            run: lines.take::<Run>()?.run,
            config: lines.config()?,
            sum: lines.take()?,
            machine: lines.take()?,
            disturbed: lines.take()?,
            threads: lines.all(Thread::WORD)?,
            trial: lines.all(Trial::WORD)?,
            lost: lines.all(Lost::WORD)?,
        };
        lines.end()?;
        Ok(report)
    }

    fn run(&self) -> u64 {
        self.run
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn outcome(&self) -> Outcome {
        if let [trial] = self.trial[..] {
            let drops = self.config.load == Load::Halts && self.config.lock.drops_kicks();
            return match Outcome::of(trial.verdict, drops, true) {
                Outcome::Untested => Outcome::CutShort,
                outcome => outcome,
            };
        }
        let busted = self.config.lock == Lock::Busted;
        Outcome::of(self.sum.exclusion, busted, self.config.threads > 1)
    }

    fn check(&self) -> Result<(), String> {
        let Self { sum, threads, .. } = self;
        let each = || threads.iter().map(|t| t.sections);
        let count = threads.len() as u64;
        equal("threads", count, self.config.threads.into())?;
        for (expected, thread) in (0..).zip(threads) {
            equal("index of a thread", thread.index.into(), expected)?;
        }
        equal("sections", sum.sections, each().sum())?;
        equal("min", sum.min, each().min().unwrap_or(0))?;
        equal("max", sum.max, each().max().unwrap_or(0))?;
        equal("mean", sum.mean, sum.sections / count.max(1))?;
        equal("halts", sum.halts, threads.iter().map(|t| t.halts).sum())?;
        equal("kicks", sum.kicks, threads.iter().map(|t| t.kicks).sum())?;
        let trials = u64::from(self.config.load != Load::Contest);
        equal("lines of a trial", self.trial.len() as u64, trials)?;
        for trial in &self.trial {
            equal("lost wake-ups", trial.lost.min(8), self.lost.len() as u64)?;
            let rounds = trial.rounds >= trial.wanted;
            let verdict = match trial.lost {
                0 if rounds => Verdict::Held,
                0 => Verdict::Untested,
                _ => Verdict::Broken,
            };
            if trial.verdict != verdict {
                return Err(format!("verdict {}, not {verdict}: {trial}", trial.verdict));
            }
        }
        match (sum.exclusion, sum.lost) {
            (Verdict::Broken, 0) => Err("exclusion broken, but nothing lost".into()),
            (Verdict::Held, lost @ 1..) => Err(format!("exclusion held, but {lost} lost")),
            _ => Ok(()),
        }
    }

    fn lasts(config: &Config) -> (Duration, Duration) {
        let run = Duration::from_millis(config.run_ms.into());
        match config.load {
            Load::Contest => (run, run),
            // It ends with its rounds.
            _ => (Duration::ZERO, run),
        }
    }
}

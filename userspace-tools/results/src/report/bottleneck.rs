// SPDX-License-Identifier: GPL-2.0

//! Report of `bottleneck`.

use std::time::Duration;

use abi::{
    bottleneck::{self, Config, CpuTime, Run, Sum, Thread, Variant},
    histogram::{Head, Of},
    status::OracleState,
    Malformed,
};
use serde::{Deserialize, Serialize};
use statistics::jain;

use super::{
    check::{equal, threads},
    lines::Lines,
    Report, Totals,
};
use crate::{
    count::total,
    histogram::{merged, Histogram, ThreadHistogram},
    Kind, Metric, Outcome, Place,
};

/// A report of `bottleneck`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bottleneck {
    /// The run's number.
    pub run: u64,
    /// The settings it ran with.
    pub config: Config,
    /// Totals over all threads.
    pub sum: Sum,
    /// CPU time of the threads.
    #[serde(alias = "granted")]
    pub cpu_time: CpuTime,
    /// Per-thread totals.
    pub threads: Vec<Thread>,
    /// What the oracle checked.
    pub findings: Vec<Finding>,
    /// Per-thread histograms of waits for locks, if the variant has a lock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histograms: Vec<ThreadHistogram>,
}

/// Something that the oracle checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was checked.
    pub name: String,
    /// What was seen.
    pub seen: u64,
    /// What was expected.
    pub due: u64,
}

impl Finding {
    fn parse(line: &str) -> Result<Self, Malformed> {
        let bottleneck::Finding { name, seen, due } = bottleneck::Finding::read(line)?;
        Ok(Self {
            name: name.into(),
            seen,
            due,
        })
    }

    /// The number of errors.
    pub fn wrong(&self) -> u64 {
        match self.due {
            0 => self.seen,
            due => (self.seen != due).into(),
        }
    }
}

impl Bottleneck {
    /// Operations per second of CPU time.
    pub fn granted_rate(&self) -> f64 {
        self.sum.ops as f64 * 1e9 / self.cpu_time.cpu_ns.max(1) as f64
    }

    /// Jain's index of the threads' operations.
    pub fn fairness(&self) -> Option<f64> {
        jain(self.threads.iter().map(|thread| thread.ops as f64))
    }

    /// Waits for locks over all threads; 0 where a lock was free.
    pub fn waits(&self) -> Histogram {
        merged(&self.histograms, Of::Wait)
    }

    /// The errors, as text.
    pub fn wrongs(&self) -> String {
        let wrong = self.findings.iter().filter(|f| f.wrong() > 0);
        let each = wrong.map(|Finding { name, seen, due }| match due {
            0 => format!("{seen} {name}"),
            due => format!("{name} {seen}, not {due}"),
        });
        each.collect::<Vec<_>>().join("; ")
    }
}

impl Report for Bottleneck {
    const MODULE: &'static str = "bottleneck";
    const METRICS: &'static [Metric<Self>] = metrics! {
        "jain" Order: "Jain's index of the threads' operations" = Self::fairness,
        "wrong" Count: "findings that are not as they must be" = |report| Some(report.sum.wrong as f64),
        "granted_rate": "operations per second of CPU time" = |report| Some(report.granted_rate()),
    };
    type Config = Config;

    fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::new(text);
        let report = Self {
            run: lines.take::<Run>()?.run,
            config: lines.config()?,
            sum: lines.take()?,
            cpu_time: lines.take()?,
            threads: lines.all()?,
            findings: lines.each(bottleneck::Finding::WORD, Finding::parse)?,
            histograms: lines.each(Head::WORD, ThreadHistogram::parse)?,
        };
        lines.end().map(|()| report)
    }

    fields!(ops, verdict);

    fn oracle(&self) -> Outcome {
        let busted = self.config.variant == Variant::Busted;
        Outcome::of(self.sum.verdict, busted, self.config.threads > 1)
    }

    /// Variants differ in the cache lines that threads share, and in waits for locks.
    fn time(&self, place: &Place) -> Kind {
        let waits = self.threads.iter().any(|thread| thread.waits > 0);
        match place.time_of(self.config.threads, waits) {
            Kind::Emulation if self.config.threads > 1 => Kind::Coherence,
            kind => kind,
        }
    }

    fn check(&self) -> Result<(), String> {
        let Self { sum, config, .. } = self;
        let each = || self.threads.iter().map(|t| t.ops);
        let indices = self.threads.iter().map(|t| t.index);
        threads(sum.elapsed_ns, config.threads, indices)?;
        equal("threads", sum.threads.into(), config.threads.into())?;
        equal("ops", sum.ops, total(each()))?;
        equal("min", sum.min, each().min().unwrap_or(0))?;
        equal("max", sum.max, each().max().unwrap_or(0))?;
        let wrong = self.findings.iter().map(Finding::wrong);
        equal("wrong", sum.wrong, wrong.fold(0, u64::saturating_add))?;
        for ThreadHistogram { head, times } in &self.histograms {
            let mine = self.threads.iter().find(|t| t.index == head.index);
            let locks = mine.map_or(0, |thread| thread.locks);
            equal("a histogram's buckets", times.count(), head.count)?;
            equal("acquisitions", head.count, locks)?;
        }
        if (sum.verdict == OracleState::Broken) != (sum.wrong > 0) {
            return Err(format!("the verdict is not that of its numbers: {sum}"));
        }
        Ok(())
    }

    fn lasts(config: &Config) -> (Duration, Duration) {
        let run = Duration::from_millis(config.run_ms.into());
        (run, run)
    }
}

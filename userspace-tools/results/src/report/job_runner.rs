// SPDX-License-Identifier: GPL-2.0

//! Report of `job-runner`.

use std::time::Duration;

use abi::{
    job_runner::{Chunk, Config, Fault, JobEnd, Oracle, Run, Sum, Switch, Timing, Unsound, Worker},
    status::OracleState,
    Malformed,
};
use serde::{Deserialize, Serialize};

use super::{
    check::{equal, threads},
    lines::Lines,
    Account, Report, Totals,
};
use crate::{count::total, Kind, Metric, Outcome, Place};

/// A report of `job-runner`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRunner {
    /// The run's number.
    pub run: u64,
    /// The settings it ran with.
    pub config: Config,
    /// Totals over all workers.
    pub sum: Sum,
    /// Breakdown of the time.
    pub timing: Timing,
    /// The first error.
    pub fault: Fault,
    /// Random jobs by result.
    pub oracle: Oracle,
    /// The first job that was not sound, if one was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsound: Option<Unsound>,
    /// Per-worker totals.
    pub workers: Vec<Worker>,
    /// Each chunk, with `trace=on`.
    pub chunks: Vec<Chunk>,
}

impl JobRunner {
    /// Time from the call until the return, in milliseconds.
    pub fn time_ms(&self) -> f64 {
        self.sum.elapsed_ns as f64 / 1e6
    }

    /// Tail: time from when the first worker found nothing left until the last chunk was done, in
    /// milliseconds.
    pub fn tail_ms(&self) -> f64 {
        self.timing.tail_ns as f64 / 1e6
    }

    /// Dispatch time per chunk, in nanoseconds, without the clock read and without outliers over
    /// 50 us. Each worker also found nothing left once.
    pub fn handout_ns(&self) -> f64 {
        let present = self.workers.iter().filter(|w| w.absent == 0);
        let stalled = total(self.workers.iter().map(|w| w.stalled_ns));
        let stalls = total(self.workers.iter().map(|w| w.stalls));
        let all = total(self.workers.iter().map(|w| w.take_ns));
        let all = all.saturating_sub(stalled);
        let asked = total([self.sum.chunks, present.count() as u64]);
        let takes = asked.saturating_sub(stalls);
        let looks = total(self.workers.iter().map(|w| w.look_ns));
        let look = looks as f64 / asked.max(1) as f64;
        let each = all as f64 / takes.max(1) as f64;
        (each - look).max(0.0)
    }

    /// Serial part of a job, before the first chunk and after the last, in microseconds.
    pub fn serial_us(&self) -> f64 {
        total([self.timing.first_ns, self.timing.last_ns]) as f64 / 1e3
    }

    /// How many times as fast as the fastest plain loop it was; none without one.
    fn plain_gain(&self) -> Option<f64> {
        let (plain, time) = (self.timing.plain_ns, self.sum.elapsed_ns);
        (plain > 0 && time > 0).then(|| plain as f64 / time as f64)
    }

    /// The time of all workers.
    pub fn account(&self) -> Account {
        Account::of(self.time_ms(), &self.workers)
    }

    /// A part of the time of all workers, in percent.
    fn percent(&self, part: fn(&Account) -> f64) -> Option<f64> {
        let account = self.account();
        account.percent(part(&account))
    }
}

impl Report for JobRunner {
    const MODULE: &'static str = "job-runner";
    const METRICS: &'static [Metric<Self>] = metrics! {
        "chunks" Count: "chunks taken" = |report| Some(report.sum.chunks as f64),
        "missed" Count: "indices never done" = |report| Some(report.sum.missed as f64),
        "repeated" Count: "indices done more than once" = |report| Some(report.sum.repeated as f64),
        "tail": "from when the first worker found nothing left until the last chunk was done, ms" = |report| Some(report.tail_ms()),
        "dispatch": "taking a chunk, without the clock read, ns" = |report| Some(report.handout_ns()),
        "serial": "before the first chunk and after the last, us" = |report| Some(report.serial_us()),
        "plain_gain": "times as fast as the fastest plain loop (`plain`)" = Self::plain_gain,
        "busy": "time of all workers in the job function, ms" = |report| Some(report.account().busy),
        "busy_percent": "the same, in percent of workers x time, as all below" = |report| report.percent(|of| of.busy),
        "lost_percent": "the part of `busy` in which the vCPU did not run" = |report| report.percent(|of| of.lost),
        "start_percent": "before a worker began" = |report| report.percent(|of| of.start),
        "dispatch_percent": "between calls of the job function" = |report| report.percent(|of| of.dispatch),
        "asleep_percent": "asleep for the cap" = |report| report.percent(|of| of.asleep),
        "idle_percent": "after a worker found nothing left" = |report| report.percent(|of| of.idle),
        "rest_percent": "not accounted for" = |report| report.percent(Account::rest),
    };
    const MORE_IS_BETTER: bool = false;
    type Config = Config;

    fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::new(text);
        let report = Self {
            run: lines.take::<Run>()?.run,
            config: lines.config()?,
            sum: lines.take()?,
            timing: lines.take()?,
            fault: lines.take()?,
            oracle: lines.take()?,
            unsound: lines.maybe()?,
            workers: lines.all()?,
            chunks: lines.all()?,
        };
        lines.end().map(|()| report)
    }

    fn totals(&self) -> Totals {
        Totals {
            run: self.run,
            work: match self.config.check {
                0 => self.sum.once,
                _ => self.oracle.jobs,
            },
            elapsed_ns: self.sum.elapsed_ns,
            verdict: self.sum.coverage,
        }
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn value(&self) -> f64 {
        self.time_ms()
    }

    fn oracle(&self) -> Outcome {
        let busted = self.config.policy.is_busted();
        let whole = self.sum.cut_short == 0 && self.timing.ended != JobEnd::Failed;
        let shows = self.sum.chunks > 1 || self.oracle.jobs > 100;
        match Outcome::of(self.sum.coverage, busted, whole && shows) {
            Outcome::Skip if !whole => Outcome::CutShort,
            outcome => outcome,
        }
    }

    /// A job ends with its last worker.
    fn time(&self, place: &Place) -> Kind {
        place.time_of(self.config.max_threads, true)
    }

    fn check(&self) -> Result<(), String> {
        let Self { sum, workers, .. } = self;
        let wanted = if self.config.check > 0 {
            0
        } else {
            sum.workers
        };
        // A job that is stopped at once takes no time.
        let elapsed_ns = sum.elapsed_ns.max(sum.cut_short.into());
        threads(elapsed_ns, wanted, workers.iter().map(|w| w.index))?;
        if self.config.check > 0 {
            return Ok(());
        }
        if sum.workers > self.config.max_threads.saturating_mul(self.config.callers) {
            return Err(format!("more workers than max_threads: {sum}"));
        }
        equal(
            "chunks",
            sum.chunks,
            total(workers.iter().map(|w| w.chunks)),
        )?;
        let seen = total([sum.once, sum.missed, sum.repeated]);
        equal("once + missed + repeated", seen, self.config.size)?;
        let items = total(workers.iter().map(|w| w.items));
        // A job in the job that repeats an index is undone, each index once: one doing of it remains.
        let repeats_inside = self.config.policy.is_busted() && self.config.nested == Switch::On;
        if sum.repeated == 0 && !repeats_inside {
            equal("once", sum.once, items)?;
        }
        let failed = self.timing.ended == JobEnd::Failed;
        if self.timing.ended == JobEnd::Done
            && sum.missed > 0
            && sum.coverage != OracleState::Broken
        {
            return Err(format!("done, but: {sum}"));
        }
        let right = (sum.missed == 0 || failed) && sum.repeated == 0;
        // A total or an undoing may be wrong where the coverage is right.
        let else_wrong = self.unsound.is_some()
            || self.timing.disorder > 0
            || self.timing.total != self.timing.expected;
        match (sum.coverage, right) {
            (OracleState::Held, false) => Err(format!("coverage held, but: {sum}")),
            (OracleState::Broken, true) if !failed && !else_wrong => {
                Err(format!("coverage broken, but: {sum}"))
            }
            _ => Ok(()),
        }
    }

    fn lasts(config: &Config) -> (Duration, Duration) {
        let limit = Duration::from_millis(config.limit_ms.into());
        (Duration::ZERO, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::job_runner::Policy;

    #[test]
    fn index_is_done_once_for_each_item_unless_inner_jobs_repeat_it() {
        let mut run = crate::fixture!(JobRunner, "job-runner.padata");
        run.check().unwrap();
        (run.sum.once, run.sum.missed) = (run.sum.once - 3, run.sum.missed + 3);
        run.sum.coverage = OracleState::Broken;
        assert!(run.check().unwrap_err().starts_with("once: "));
        run.config.nested = Switch::On;
        assert!(run.check().is_err());
        run.config.policy = Policy::Busted;
        run.check().unwrap();
    }

    #[test]
    fn metrics_of_a_job_are_those_of_its_account() {
        let mut run = crate::fixture!(JobRunner, "job-runner.padata");
        let mut worker = run.workers[0];
        (worker.start_ns, worker.busy_ns, worker.handout_ns) = (1_000_000, 6_000_000, 500_000);
        (worker.asleep_ns, worker.idle_ns, worker.lost_ns) = (0, 2_000_000, 3_000_000);
        (worker.take_ns, worker.look_ns) = (500, 100);
        (worker.stalls, worker.stalled_ns, worker.absent) = (0, 0, 0);
        run.workers = vec![worker; 2];
        (run.sum.elapsed_ns, run.sum.chunks) = (10_000_000, 8);
        (run.timing.first_ns, run.timing.last_ns) = (1_500, 500);
        (run.timing.tail_ns, run.timing.plain_ns) = (250_000, 19_000_000);
        for (name, due) in [
            ("busy", 12.0),
            ("busy_percent", 60.0),
            ("lost_percent", 30.0),
            ("start_percent", 10.0),
            ("dispatch_percent", 5.0),
            ("asleep_percent", 0.0),
            ("idle_percent", 20.0),
            ("rest_percent", 5.0),
            ("tail", 0.25),
            ("dispatch", 80.0),
            ("serial", 2.0),
            ("plain_gain", 1.9),
        ] {
            let found = run.metric(name).map(|n| (n * 1e6).round() / 1e6);
            assert_eq!(found, Some(due), "{name}");
        }
        run.timing.plain_ns = 0;
        assert_eq!(run.metric("plain_gain"), None);
        run.workers.clear();
        assert_eq!(run.metric("rest_percent"), None);
        // A damaged report may have any number.
        (run.timing.first_ns, run.timing.last_ns) = (u64::MAX, 1);
        assert!(run.serial_us() > 1e15);
    }
}

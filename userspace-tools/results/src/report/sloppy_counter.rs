// SPDX-License-Identifier: GPL-2.0

//! Report of `sloppy-counter`.

use std::time::Duration;

use abi::{
    sloppy_counter::{
        Audit, Bucket, Check, Config, Counter, Lane, Memory, Of, Run, Speed, Sum, Thread, Work,
    },
    status::OracleState,
    Malformed,
};
use serde::{Deserialize, Serialize};

use super::{
    check::{equal, threads},
    lines::Lines,
    Report, Totals,
};
use crate::{count::total, Histogram, Kind, Metric, Outcome, Place};

/// A report of `sloppy-counter`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SloppyCounter {
    /// The run's number.
    pub run: u64,
    /// The settings it ran with.
    pub config: Config,
    /// Totals over all threads.
    pub sum: Sum,
    /// Time per operation, of `work=adds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Reads compared with the exact sum, of `audit=on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// Expected and seen, of all other works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// Memory of a counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Error and age of the audited reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<Bucket>,
    /// Count that each vCPU held back at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<Lane>,
    /// Per-thread totals.
    pub threads: Vec<Thread>,
}

impl SloppyCounter {
    /// Operations per second of CPU time.
    pub fn granted_rate(&self) -> Option<f64> {
        let add_ps = self.speed.as_ref()?.add_ps;
        (add_ps > 0).then(|| 1e12 / add_ps as f64)
    }

    /// Mean time of an addition, in nanoseconds: with several threads that of bursts which overlap another
    /// thread's, since threads that share a CPU in turns share no cache line.
    fn add_ns(&self) -> Option<f64> {
        let speed = self.speed.as_ref()?;
        let add_ps = match self.config.threads {
            1 => speed.add_ps,
            _ => speed.shared_add_ps,
        };
        (add_ps > 0).then(|| add_ps as f64 / 1e3)
    }

    /// Age of the oldest audited read, in microseconds; none if no read was audited.
    fn stale_us(&self) -> Option<f64> {
        let audit = self.audit.as_ref().filter(|audit| audit.samples > 0)?;
        Some(audit.stale_ns as f64 / 1e3)
    }

    /// Bytes of a counter, once and on all vCPUs.
    fn bytes(&self) -> Option<f64> {
        let memory = self.memory?;
        Some(memory.bytes as f64 + memory.per_vcpu as f64 * memory.vcpus as f64)
    }

    /// Error of the cheap read at the end.
    pub fn error(&self) -> i128 {
        i128::from(self.sum.read) - i128::from(self.sum.truth)
    }

    /// Error of the exact sum: additions that the counter lost.
    pub fn lost(&self) -> i128 {
        i128::from(self.sum.truth) - i128::from(self.sum.sum)
    }

    /// Whether the exact sum is exact, and the cheap read within its bound.
    pub fn is_exact(&self) -> bool {
        self.lost() == 0 && self.error().unsigned_abs() <= self.sum.bound.into()
    }

    /// Whether reads were to be audited, or events to be seen, and there was none.
    fn is_unaudited(&self) -> bool {
        let audited = self.audit.as_ref().is_none_or(|audit| audit.samples > 0);
        let checked = self.check.as_ref().is_none_or(|check| check.due > 0);
        !(audited && checked)
    }

    /// Error or age of the audited reads.
    pub fn audited(&self, of: Of) -> Histogram {
        let mine = self.buckets.iter().filter(|bucket| bucket.of == of);
        let longest = self.audit.map_or(0, |audit| match of {
            Of::Error => audit.worst,
            Of::Stale => audit.stale_ns,
        });
        Histogram::new(mine.map(|bucket| (bucket.from, bucket.count)), longest)
    }
}

impl Report for SloppyCounter {
    const MODULE: &'static str = "sloppy-counter";
    const METRICS: &'static [Metric<Self>] = metrics! {
        "error" Count: "how far the cheap read was off at the end" = |report| Some(report.error().unsigned_abs() as f64),
        "bound" Count: "how far the cheap read may be off" = |report| Some(report.sum.bound as f64),
        "lost" Count: "how far the exact sum was off" = |report| Some(report.lost() as f64),
        "add": "mean time of an addition, ns; with several threads, of bursts that overlap" = Self::add_ns,
        "memory" Count: "bytes of a counter with all its vCPUs" = Self::bytes,
        "stale": "age of the oldest audited read, us" = Self::stale_us,
    };
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

    fields!(adds, total);

    fn oracle(&self) -> Outcome {
        let adds = self.config.work == Work::Adds;
        let busted = adds && self.config.counter == Counter::Busted;
        let promises = !adds || self.config.counter != Counter::Empty;
        let can_show = promises && self.config.threads > 1;
        match Outcome::of(self.sum.total, busted, can_show) {
            Outcome::Pass if self.is_unaudited() => Outcome::Inconclusive,
            outcome => outcome,
        }
    }

    /// Additions wait for nothing but cache lines, or for a lock.
    fn time(&self, place: &Place) -> Kind {
        let locks = self.config.counter == Counter::Spinlocked;
        match place.time_of(self.config.threads, locks) {
            Kind::Emulation if self.config.threads > 1 => Kind::Coherence,
            kind => kind,
        }
    }

    fn check(&self) -> Result<(), String> {
        let sum = &self.sum;
        let indices = self.threads.iter().map(|t| t.index);
        threads(sum.elapsed_ns, self.config.threads, indices)?;
        equal("adds", sum.adds, total(self.threads.iter().map(|t| t.adds)))?;
        if let Some(audit) = &self.audit {
            for of in [Of::Error, Of::Stale] {
                equal("samples", audit.samples, self.audited(of).count())?;
            }
        }
        let audited = self.audit.as_ref().is_none_or(|audit| audit.broken == 0);
        let checked = self.check.as_ref().is_none_or(|check| check.wrong == 0);
        match (sum.total, self.is_exact() && audited && checked) {
            (OracleState::Held, false) => Err(format!("total held, but: {sum}")),
            (OracleState::Broken, true) if self.check.is_none() => {
                Err(format!("total broken, but: {sum}"))
            }
            // One thread alone tests no concurrency, but its additions must not be lost.
            (OracleState::Untested, _) if !self.is_exact() => {
                Err(format!("total untested, but: {sum}"))
            }
            _ => Ok(()),
        }
    }

    fn lasts(config: &Config) -> (Duration, Duration) {
        let run = Duration::from_millis(config.run_ms.into());
        (run, run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addition_is_timed_where_threads_overlap() {
        let mut run = crate::fixture!(SloppyCounter, "sloppy-counter.sloppy");
        let speed = run.speed.as_mut().unwrap();
        (speed.add_ps, speed.shared_add_ps) = (5_000, 7_000);
        for (threads, due) in [(1, Some(5.0)), (2, Some(7.0))] {
            run.config.threads = threads;
            assert_eq!(run.metric("add"), due);
        }
        run.speed.as_mut().unwrap().shared_add_ps = 0;
        assert_eq!(run.metric("add"), None);
    }

    #[test]
    fn memory_of_a_counter_is_of_all_vcpus() {
        let mut run = crate::fixture!(SloppyCounter, "sloppy-counter.sloppy");
        let memory = run.memory.as_mut().unwrap();
        (memory.bytes, memory.per_vcpu, memory.vcpus) = (64, 16, 8);
        assert_eq!(run.metric("memory"), Some(192.0));
        run.memory = None;
        assert_eq!(run.metric("memory"), None);
    }

    #[test]
    fn age_of_reads_is_of_audited_ones() {
        let mut run = crate::fixture!(SloppyCounter, "sloppy-counter.audit");
        let audit = run.audit.as_mut().unwrap();
        (audit.samples, audit.stale_ns) = (3, 4_500);
        assert_eq!(run.metric("stale"), Some(4.5));
        run.audit.as_mut().unwrap().samples = 0;
        assert_eq!(run.metric("stale"), None);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Report of `lock-load`.

mod sums;

use std::time::Duration;

use abi::{
    event,
    histogram::{Head, Of},
    lock_load::{
        Bypass, Cause, Config, CpuTime, Injected, Injection, LongWait, LongWaits, Machine, Order,
        Run, Sharing, Sum, Switch, Thread, ThreadWaits, Torture,
    },
    primitive::{Primitive, PrimitiveCost},
    status::OracleState,
    trial::{Load, Lost, Step, Steps, Trial},
    Malformed,
};
use serde::{Deserialize, Serialize};
use statistics::{jain, Occurrences};

use super::{lines::Lines, Report, Totals};
use crate::{
    count::total,
    histogram::{merged, Histogram, ThreadHistogram},
    Kind, Metric, Outcome, Place,
};

/// A report of `lock-load`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LockLoad {
    /// The run's number.
    pub run: u64,
    /// The settings it ran with.
    pub config: Config,
    /// Totals over all threads.
    pub sum: Sum,
    /// The machine.
    pub machine: Machine,
    /// Counts of the torture options.
    #[serde(alias = "disturbed")]
    pub torture: Torture,
    /// Per-thread totals.
    pub threads: Vec<Thread>,
    /// The result of a trial; one if the run was a trial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trial: Vec<Trial>,
    /// The first few lost wake-ups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
    /// Lengths of the steps of one thread; in a run of `load=steps` one for each step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Steps>,
    /// Costs of primitives, in a run of `load=primitives`; none in records before it had that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primitives: Vec<PrimitiveCost>,
    /// Events on the slow paths.
    pub events: Vec<Event>,
    /// Sections by kind, in a run with readers. Of what follows such a run has the histograms alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing: Option<Sharing>,
    /// Per-thread samples. With `histograms=off` this and everything below is missing.
    #[serde(default, alias = "watched", skip_serializing_if = "Vec::is_empty")]
    pub thread_waits: Vec<ThreadWaits>,
    /// Order of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Bounded bypass; none of a lock that does not promise it, nor in records before it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bypass: Option<Bypass>,
    /// CPU time of the threads.
    #[serde(default, alias = "granted", skip_serializing_if = "Option::is_none")]
    pub cpu_time: Option<CpuTime>,
    /// Long waits by cause.
    #[serde(default, alias = "why", skip_serializing_if = "Vec::is_empty")]
    pub long_waits: Vec<LongWaits>,
    /// The first long waits of each thread; none in records of schema 4 and before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logged_waits: Vec<LongWait>,
    /// Per-thread histograms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histograms: Vec<ThreadHistogram>,
    /// Injected preemptions.
    #[serde(default, alias = "stops", skip_serializing_if = "Option::is_none")]
    pub injected: Option<Injected>,
    /// The first requests of them; none in records of schema 4 and before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub injections: Vec<Injection>,
}

/// Count of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The event, by its name in the kernel if it has one there.
    pub name: String,
    /// The count.
    pub count: u64,
}

impl Event {
    fn parse(line: &str) -> Result<Self, Malformed> {
        let event::Event { name, count } = event::Event::read(line)?;
        Ok(Self {
            name: name.into(),
            count,
        })
    }
}

impl LockLoad {
    /// Jain's index of the threads' sections per time with a vCPU. Two threads that share a vCPU,
    /// since another is offline, are no unfairness of the lock.
    pub fn fairness(&self) -> Option<f64> {
        let elapsed_ns = self.sum.elapsed_ns;
        jain(self.threads.iter().map(|thread| {
            let present_ns = elapsed_ns.saturating_sub(thread.queued_ns).max(1);
            thread.sections as f64 / present_ns as f64
        }))
    }

    /// Critical sections per second of CPU time.
    pub fn granted_rate(&self) -> Option<f64> {
        let cpu_time = self.cpu_time.as_ref()?;
        Some(self.sum.sections as f64 * 1e9 / cpu_time.cpu_ns.max(1) as f64)
    }

    /// The part of the CPU time that went into neither critical sections nor pauses between them.
    fn waiting(&self) -> Option<f64> {
        let cpu_ns = self.cpu_time.as_ref()?.cpu_ns.max(1) as f64;
        let each = f64::from(self.config.hold_ns) + f64::from(self.config.idle_ns);
        Some((1.0 - self.sum.sections as f64 * each / cpu_ns).max(0.0))
    }

    /// The merged histogram of one kind.
    pub fn times(&self, of: Of) -> Histogram {
        merged(&self.histograms, of)
    }

    /// Waits of all sections.
    pub fn waits(&self) -> Histogram {
        let readers = self.times(Of::ReadWait).merged(&self.times(Of::WriteWait));
        self.times(Of::Wait).merged(&readers)
    }

    /// Waits of exclusive sections.
    pub fn write_waits(&self) -> Histogram {
        self.times(Of::Wait).merged(&self.times(Of::WriteWait))
    }

    /// The length of a step in a run of `load=steps`.
    pub fn steps_of(&self, step: Step) -> Option<&Steps> {
        self.steps.iter().find(|steps| steps.of == step)
    }

    /// Long waits of one cause.
    pub fn long_waits_by(&self, cause: Cause) -> Option<&LongWaits> {
        self.long_waits.iter().find(|waits| waits.cause == cause)
    }

    /// Number of waits longer than `long_us`.
    pub fn long_wait_count(&self) -> u64 {
        total(self.long_waits.iter().map(|waits| waits.count))
    }

    /// The cost of a primitive in a run of `load=primitives`, if it was timed.
    pub fn primitive(&self, of: Primitive) -> Option<&PrimitiveCost> {
        self.primitives.iter().find(|cost| cost.of == of)
    }

    /// Number of long waits that are not among [`logged_waits`](Self::logged_waits).
    pub fn unlogged_wait_count(&self) -> u64 {
        let logged = self.logged_waits.len() as u64;
        self.long_wait_count().saturating_sub(logged)
    }

    /// Long waits caused by a preempted holder.
    fn holder_preempted(&self) -> u64 {
        self.long_waits_by(Cause::HolderPreempted)
            .map_or(0, |waits| waits.count)
    }

    /// How often these events happened in how many hours, if the run lasted at all and has them.
    fn in_hours(&self, names: &[&str]) -> Option<Occurrences> {
        let events = self.events.iter();
        let of = events.filter(|event| names.contains(&event.name.as_str()));
        let counts: Vec<u64> = of.map(|event| event.count).collect();
        let time = self.sum.elapsed_ns as f64 / 3.6e12;
        (counts.len() == names.len() && time > 0.0).then(|| Occurrences {
            count: counts.iter().sum(),
            time,
        })
    }

    /// Whether waits were timed.
    pub fn is_timed(&self) -> bool {
        self.config.histograms == Switch::On && self.config.load == Load::Contest
    }

    /// Whether waits were sampled and attributed: all sections were exclusive.
    pub fn is_sampled(&self) -> bool {
        self.is_timed() && self.config.readers_pct == 0
    }
}

/// `count` as a part of `all`, if there are any.
fn part(count: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| count as f64 / all as f64)
}

/// A quantile of the waits, in nanoseconds.
fn wait(report: &LockLoad, part: f64) -> Option<f64> {
    let ns = report.waits().quantile(part)?;
    Some(ns as f64)
}

/// A quantile of the waits of readers or writers, in nanoseconds; none if no such section was timed.
fn quantile(waits: &Histogram, part: f64) -> Option<f64> {
    waits.quantile(part).map(|ns| ns as f64)
}

/// The same of the wait that is met at a random moment.
fn wait_by_time(report: &LockLoad, part: f64) -> Option<f64> {
    let ns = report.waits().quantile_by_time(part)?;
    Some(ns as f64)
}

impl Report for LockLoad {
    const MODULE: &'static str = "lock-load";
    const METRICS: &'static [Metric<Self>] = metrics! {
        "jain" Order: "Jain's index of the threads' sections per time with a vCPU" = Self::fairness,
        "halts" Count: "halts of waiters" = |report| Some(report.sum.halts as f64),
        "kicks" Count: "kicks of halted waiters" = |report| Some(report.sum.kicks as f64),
        "timeouts_per_hour" Count: "acquisitions that timed out, per hour of the run" = |report| Some(report.occurrences("timeouts_per_hour")?.rate()),
        "deadlocks_per_hour" Count: "acquisitions refused for a deadlock, per hour of the run" = |report| Some(report.occurrences("deadlocks_per_hour")?.rate()),
        "lost" Count: "updates lost" = |report| Some(report.sum.lost as f64),
        "section_ns": "time per critical section, all threads together, ns" = |report| (report.sum.sections > 0).then(|| report.sum.elapsed_ns as f64 / report.sum.sections as f64),
        "wait_p50": "median wait, ns" = |report| wait(report, 0.5),
        "wait_p99": "99th percentile of the wait, ns" = |report| wait(report, 0.99),
        "wait_p999": "99.9th percentile of the wait, ns" = |report| wait(report, 0.999),
        "wait_max": "longest wait, ns" = |report| quantile(&report.waits(), 1.0),
        "write_wait_p50": "median wait of exclusive sections, ns" = |report| quantile(&report.write_waits(), 0.5),
        "write_wait_p99": "99th percentile of the wait of exclusive sections, ns" = |report| quantile(&report.write_waits(), 0.99),
        "write_wait_max": "longest wait of an exclusive section, ns" = |report| quantile(&report.write_waits(), 1.0),
        "read_wait_p50": "median wait of shared sections, ns" = |report| quantile(&report.times(Of::ReadWait), 0.5),
        "read_wait_p99": "99th percentile of the wait of shared sections, ns" = |report| quantile(&report.times(Of::ReadWait), 0.99),
        "read_wait_max": "longest wait of a shared section, ns" = |report| quantile(&report.times(Of::ReadWait), 1.0),
        "reads" Count: "shared sections" = |report| Some(report.sharing?.reads as f64),
        "wait_p50_by_time": "median of the wait met at a random moment, ns" = |report| wait_by_time(report, 0.5),
        "wait_p99_by_time": "99th percentile of the wait met at a random moment, ns" = |report| wait_by_time(report, 0.99),
        "hand_off_max": "longest hand-off, ns" = |report| (report.is_sampled() && !report.histograms.is_empty()).then(|| report.times(Of::HandOff).longest() as f64),
        "overtaken" Order: "waits overtaken by a later one" = |report| Some(report.order?.overtaken as f64),
        "long_waits" Count: "waits longer than long_us" = |report| (!report.long_waits.is_empty()).then(|| report.long_wait_count() as f64),
        "held_up": "part of the long waits caused by a preempted holder" = |report| part(report.holder_preempted(), report.long_wait_count()),
        "granted_rate": "critical sections per second of CPU time" = Self::granted_rate,
        "waiting": "part of the CPU time that is in neither sections nor pauses: of a lock that spins, the waits" = Self::waiting,
        "halts_per_section" Count: "halts of waiters per critical section" = |report| (report.sum.sections > 0).then(|| report.sum.halts as f64 / report.sum.sections as f64),
    };
    type Config = Config;

    fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = Lines::new(text);
        let report = Self {
            run: lines.take::<Run>()?.run,
            config: lines.config()?,
            sum: lines.take()?,
            machine: lines.take()?,
            torture: lines.take()?,
            threads: lines.all()?,
            trial: lines.all()?,
            lost: lines.all()?,
            steps: lines.all()?,
            primitives: lines.all()?,
            events: lines.each("event", Event::parse)?,
            sharing: lines.maybe()?,
            thread_waits: lines.all()?,
            order: lines.maybe()?,
            bypass: lines.maybe()?,
            cpu_time: lines.maybe()?,
            long_waits: lines.all()?,
            logged_waits: lines.all()?,
            histograms: lines.each(Head::WORD, ThreadHistogram::parse)?,
            injected: lines.maybe()?,
            injections: lines.all()?,
        };
        lines.end().map(|()| report)
    }

    fields!(sections, exclusion);

    fn occurrences(&self, name: &str) -> Option<Occurrences> {
        match name {
            "timeouts_per_hour" => self.in_hours(&["timeouts"]),
            "deadlocks_per_hour" => self.in_hours(&["deadlock_aa", "deadlock_abba"]),
            _ => None,
        }
    }

    fn oracle(&self) -> Outcome {
        if let [trial] = self.trial[..] {
            let drops = self.config.load == Load::Halts && self.config.lock.facts().drops_kicks;
            return match Outcome::of(trial.verdict, drops, true) {
                Outcome::Inconclusive => Outcome::CutShort,
                outcome => outcome,
            };
        }
        let is_timed = matches!(self.config.load, Load::Steps | Load::Primitives);
        if is_timed && self.sum.sections < self.config.rounds {
            return Outcome::CutShort;
        }
        let facts = self.config.lock.facts();
        let contends = self.config.threads > 1 && self.config.load == Load::Contest;
        let can_show = contends && !facts.promises_nothing;
        let fifo = self.order.map(|order| order.fifo);
        let once = self.bypass.map(|bypass| bypass.once);
        let ordered = ![fifo, once].contains(&Some(OracleState::Broken));
        let busted = facts.is_busted(self.config.readers_pct);
        match Outcome::of(self.sum.exclusion, busted, can_show) {
            Outcome::Pass | Outcome::Inconclusive | Outcome::Skip if !ordered => Outcome::Fail,
            outcome => outcome,
        }
    }

    /// Waiters that halt or sleep leave their CPU to others, but not one whose host is disturbed.
    fn time(&self, place: &Place) -> Kind {
        let facts = self.config.lock.facts();
        let waits = !facts.promises_nothing && !facts.is_busted(self.config.readers_pct);
        let yields = (facts.halts || facts.sleeps) && !place.is_disturbed;
        place.time_of(self.config.threads, waits && !yields)
    }

    fn check(&self) -> Result<(), String> {
        self.check_sums()
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

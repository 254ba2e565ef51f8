// SPDX-License-Identifier: GPL-2.0

//! Attribution of long waits, against injected preemptions: the cause that the module gave to each wait, and
//! the true one.
//!
//! The host logs each stop of a vCPU, in the order of the guest's requests; the n-th entry is of the n-th
//! request that the runs of a boot report. A run logs its requests and its long waits on its own clock, so it is known
//! which waits a stop made long ([`truth`]), and which cause each of them was given. A wait that no stop made long has
//! no known cause on a busy host: it is counted apart.

mod matrix;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use abi::lock_load::Cause;
use results::{AnyReport, Kind, LockLoad};
use serde_json::{json, Value};
use statistics::{Estimate, Scale};
use vm_record::InjectedPreemption;

pub use self::matrix::{KnownWait, Matrix};
use crate::{
    judge::{
        figures::{Compared, Figures, Number},
        label::Label,
    },
    plan::experiment::Scenario,
    store::{provenance::Provenance, record::Record},
};

/// The causes that an injected preemption is, with their names in figures.
pub const INJECTED: [(Cause, &str); 3] = [
    (Cause::HolderPreempted, "holder"),
    (Cause::PredecessorPreempted, "predecessor"),
    (Cause::WaiterStolen, "waiter"),
];

/// The fewest waits of which a part is estimated: without an error among them, a tenth of errors or more is
/// excluded at 95 % ("If Nothing Goes Wrong, Is Everything All Right?", 1983).
const FEWEST: u64 = 30;

/// The long waits of a scenario whose runs inject preemptions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribution {
    pub known: Vec<KnownWait>,
    /// The boots that ran it.
    pub boots: BTreeSet<usize>,
    /// The label of their counts.
    pub label: Option<Label>,
    /// Long waits that no stop made long, or that the runs did not log.
    pub unknown: u64,
    /// Those of them that have a stop in them, but less than half of it, or less than half of the wait.
    pub mixed: u64,
    /// Stops that made no logged wait long.
    pub unmatched: u64,
    /// Stops whose place in the run is not known, by the reason.
    pub unplaced: BTreeMap<&'static str, u64>,
}

impl Attribution {
    /// Compares the runs of `scenario` with the logs of their boots. Nothing if none of them injects
    /// preemptions; an error if a log does not have what they report.
    pub fn of(
        scenario: &Scenario,
        provenance: &Provenance,
        records: &[Record],
    ) -> Option<Result<Self, String>> {
        let is_mine = |record: &&Record| record.scenario == scenario.name;
        let mut mine = records.iter().filter(is_mine);
        mine.any(|record| injecting(record).is_some())
            .then(|| Self::compare(scenario, provenance, records))
    }

    fn compare(
        scenario: &Scenario,
        provenance: &Provenance,
        records: &[Record],
    ) -> Result<Self, String> {
        let mut all = Self::default();
        let boots: BTreeSet<usize> = records.iter().map(|record| record.boot).collect();
        for boot in boots {
            let log = log(provenance, boot)?;
            let mine = records.iter().filter(|record| record.boot == boot);
            for (record, stops) in by_run(mine, log).map_err(|why| format!("boot {boot}: {why}"))? {
                let counts = record.scenario == scenario.name && record.counted().is_some();
                if let Some(report) = injecting(record).filter(|_| counts) {
                    all.boots.insert(boot);
                    all.label = provenance
                        .place(boot)
                        .map(|place| Label::at(Kind::Count, &place));
                    all.add(record, report, stops);
                }
            }
        }
        Ok(all)
    }

    fn add(&mut self, record: &Record, report: &LockLoad, log: &[InjectedPreemption]) {
        let mut stops = Vec::new();
        for (n, logged) in log.iter().enumerate() {
            match truth::stop(report, n, logged) {
                Ok(stop) => stops.push(stop),
                Err(why) => *self.unplaced.entry(why).or_default() += 1,
            }
        }
        let waits = &report.logged_waits;
        let mut made_long = vec![0; stops.len()];
        self.unknown += report.unlogged_wait_count();
        for wait in waits {
            let causes = stops.iter().map(|stop| stop.cause_of(wait, waits));
            let mut causes = causes.enumerate();
            let Some((n, cause)) = causes.find_map(|(n, cause)| Some((n, cause?))) else {
                self.unknown += 1;
                self.mixed += u64::from(stops.iter().any(|stop| stop.overlaps(wait)));
                continue;
            };
            made_long[n] += 1;
            self.known.push(KnownWait {
                boot: record.boot,
                settings: record.settings(),
                true_cause: cause,
                given: wait.cause,
            });
        }
        self.unmatched += made_long.iter().filter(|&&count| count == 0).count() as u64;
    }

    /// The matrix, and what is in none.
    pub fn json(&self) -> Value {
        json!({
            "matrix": Matrix::of(self.known.iter()),
            "waits": self.known,
            "unknown": self.unknown,
            "mixed": self.mixed,
            "unmatched": self.unmatched,
            "unplaced": self.unplaced,
        })
    }

    /// Precision and recall of each cause over boots, and counts, by names that begin with `scenario`.
    pub fn figures(&self, scenario: &str) -> Figures {
        let mut figures = Figures::new();
        let mut put = |name: String, number| figures.insert(format!("{scenario}.{name}"), number);
        let count = |n: u64| Number::count(n as f64, self.label);
        let label = self.label;
        for (cause, name) in INJECTED {
            let of = self.known.iter().filter(|wait| wait.true_cause == cause);
            put(format!("{name}.waits"), count(of.count() as u64));
            for (what, estimate) in [
                ("recall", self.recall(cause)),
                ("precision", self.precision(cause)),
            ] {
                if let Ok(estimate) = estimate {
                    let number = Compared { estimate, label };
                    put(format!("{name}.{what}"), number.into());
                }
            }
        }
        put("unknown".into(), count(self.unknown));
        figures
    }

    /// The part of the waits with this true cause to which it was given, over boots.
    pub fn recall(&self, cause: Cause) -> Result<Estimate, String> {
        self.over_boots(|matrix| matrix.recall(cause))
    }

    /// The part of the waits to which this cause was given whose true cause it is, over boots.
    pub fn precision(&self, cause: Cause) -> Result<Estimate, String> {
        self.over_boots(|matrix| matrix.precision(cause))
    }

    fn over_boots(&self, of: impl Fn(&Matrix) -> (Option<f64>, u64)) -> Result<Estimate, String> {
        let mut all = 0;
        let boots = self.boots.iter().map(|boot| {
            let matrix = Matrix::of(self.known.iter().filter(|wait| wait.boot == *boot));
            let (value, n) = of(&matrix);
            all += n;
            Ok(vec![value.ok_or_else(|| format!("no wait in boot {boot}"))?])
        });
        let boots: Vec<Vec<f64>> = boots.collect::<Result<_, String>>()?;
        match Estimate::of(Scale::Linear, &boots) {
            Some(estimate) if all >= FEWEST => Ok(estimate),
            _ => Err(format!("{all} waits, allowed: {FEWEST} or more")),
        }
    }
}

/// The report of a run that injects preemptions.
fn injecting(record: &Record) -> Option<&LockLoad> {
    match record.run.report()? {
        AnyReport::LockLoad(report) => report.injected.is_some().then_some(&**report),
        _ => None,
    }
}

/// The log of a guest boot.
fn log(provenance: &Provenance, boot: usize) -> Result<&[InjectedPreemption], String> {
    let mut booted = provenance.boots.iter().filter(|one| one.number == boot);
    match (booted.next(), booted.next()) {
        (Some(one), None) => {
            let record = one
                .vm
                .as_ref()
                .ok_or(format!("boot {boot} has no record"))?;
            Ok(&record.last.vcpus_report.preemption_log)
        }
        (None, _) => Err(format!("boot {boot} is not on record")),
        (Some(_), Some(_)) => Err(format!("boot {boot} was resumed: it has two logs")),
    }
}

/// Each run of a boot with the entries of its requests.
fn by_run<'a>(
    runs: impl Iterator<Item = &'a Record>,
    mut log: &'a [InjectedPreemption],
) -> Result<Vec<(&'a Record, &'a [InjectedPreemption])>, String> {
    let mut all = Vec::new();
    for record in runs {
        if record.run.report().is_none() {
            return Err("a run failed, so its requests are not known".into());
        }
        let injected = injecting(record).and_then(|report| report.injected.as_ref());
        let requested = injected.map_or(0, |injected| injected.requested) as usize;
        let Some((mine, rest)) = log.split_at_checked(requested) else {
            return Err("the host's log has fewer stops than the runs requested".into());
        };
        all.push((record, mine));
        log = rest;
    }
    match log {
        [] => Ok(all),
        _ => Err("the host's log has more stops than the runs requested".into()),
    }
}

#[cfg(test)]
#[path = "attribution/tests.rs"]
mod tests;

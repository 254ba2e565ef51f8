// SPDX-License-Identifier: GPL-2.0

//! Attribution of long waits, against injected preemptions: the cause that the module gave to each wait, and
//! the true one.
//!
//! The host logs each stop of a vCPU, in the order of the guest's requests; the n-th entry is of the n-th
//! request that the runs of a boot report. Each thread that a stop delays has one wait of a length that follows
//! from the log ([`truth`]), and the sums of the report show which cause was given to it ([`given`]). A wait
//! without a stop in it has no known cause on a busy host: it is counted apart.

mod given;
mod matrix;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use abi::lock_load::Cause;
use results::{AnyReport, Kind, LockLoad};
use serde_json::{json, Value};
use statistics::{Estimate, Scale};
use vm_record::{InjectedPreemption, Tier};

pub use self::matrix::{KnownWait, Matrix};
use self::truth::Expected;
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

/// At most one wait in so many may have its length by coincidence: as many as errors are allowed.
const MOST_COINCIDENCES: u64 = 10;

/// The long waits of a scenario whose runs inject preemptions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribution {
    pub known: Vec<KnownWait>,
    /// The boots that ran it.
    pub boots: BTreeSet<usize>,
    pub tier: Option<Tier>,
    /// Long waits without an injected preemption in them for certain.
    pub unknown: u64,
    /// Waits that a stop must have made long, and that are not distinguished, or not as long.
    pub unmatched: u64,
    /// Waits of a length that no stop explains, counted as those of the stops are.
    pub coincidences: u64,
    /// Stops in runs where the place of one is not known, by the reason.
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
                    all.tier = provenance.place(boot).map(|place| place.tier);
                    all.add(record, report, stops);
                }
            }
        }
        Ok(all)
    }

    fn add(&mut self, record: &Record, report: &LockLoad, stops: &[InjectedPreemption]) {
        self.unknown += report.long_wait_count();
        let expected = match truth::expected(report, stops) {
            Ok(expected) => expected,
            Err(why) => {
                *self.unplaced.entry(why).or_default() += stops.len().max(1) as u64;
                return;
            }
        };
        let waits = given::long_waits(report);
        let controls: Vec<Expected> = expected.iter().map(Expected::control).collect();
        let coincidences = truth::matched(&controls, &waits);
        self.coincidences += coincidences.into_iter().flatten().count() as u64;
        let matched = truth::matched(&expected, &waits);
        for (one, at) in expected.iter().zip(matched) {
            let Some(at) = at else {
                self.unmatched += 1;
                continue;
            };
            self.unknown = self.unknown.saturating_sub(1);
            self.known.push(KnownWait {
                boot: record.boot,
                settings: record.settings(),
                true_cause: one.cause,
                given: given::cause_of(at, &waits, &report.long_waits),
            });
        }
    }

    /// The matrix, and what is in none.
    pub fn json(&self) -> Value {
        json!({
            "matrix": Matrix::of(self.known.iter()),
            "waits": self.known,
            "unknown": self.unknown,
            "unmatched": self.unmatched,
            "coincidences": self.coincidences,
            "unplaced": self.unplaced,
        })
    }

    /// Precision and recall of each cause over boots, and counts, by names that begin with `scenario`.
    pub fn figures(&self, scenario: &str) -> Figures {
        let mut figures = Figures::new();
        let mut put = |name: String, number| figures.insert(format!("{scenario}.{name}"), number);
        let count = |n: u64| Number::count(n as usize, self.tier);
        let kind = Kind::Count;
        let label = self.tier.map(|tier| Label { kind, tier });
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
        let determined = self.known.iter().filter(|wait| wait.given.is_some());
        if !self.known.is_empty() {
            let part = determined.count() as f64 / self.known.len() as f64;
            put("determined".into(), part.into());
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
        let (coincidences, known) = (self.coincidences, self.known.len() as u64);
        if coincidences * MOST_COINCIDENCES > known {
            return Err(format!(
                "{coincidences} of {known} waits may be coincidences on this busy host, allowed: {}",
                known / MOST_COINCIDENCES
            ));
        }
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

// SPDX-License-Identifier: GPL-2.0

//! The report of a finished run, by module.

/// Implements the parts of [`Report`] that differ in field names only.
macro_rules! fields {
    ($work:ident, $verdict:ident) => {
        fn totals(&self) -> Totals {
            Totals {
                run: self.run,
                work: self.sum.$work,
                elapsed_ns: self.sum.elapsed_ns,
                verdict: self.sum.$verdict,
            }
        }

        fn config(&self) -> &Config {
            &self.config
        }
    };
}

mod account;
mod bottleneck;
mod check;
mod job_runner;
mod lines;
mod lock_load;
mod sloppy_counter;

use std::time::Duration;

use abi::{status::OracleState, Malformed};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::{Map, Value};
use statistics::Occurrences;

pub use self::{
    account::Account,
    bottleneck::{Bottleneck, Finding},
    job_runner::JobRunner,
    lock_load::{Event, LockLoad},
    sloppy_counter::SloppyCounter,
};
use crate::{Kind, Metric, Outcome, Place, Settings};

/// The report of one module.
pub trait Report: Clone + Serialize + DeserializeOwned + 'static {
    /// The module's name.
    const MODULE: &'static str;
    /// Its metrics beside `value` and `rate`.
    const METRICS: &'static [Metric<Self>];
    /// Whether a larger [`value`](Self::value) is better.
    const MORE_IS_BETTER: bool = true;
    /// Its settings.
    type Config: Settings;

    /// Parses the text of the file `report`.
    fn parse(text: &str) -> Result<Self, Malformed>;

    /// What the reports of all modules have.
    fn totals(&self) -> Totals;

    /// The settings of the run.
    fn config(&self) -> &Self::Config;

    /// What the module's oracle says, given what the load under test promises.
    fn oracle(&self) -> Outcome;

    /// The outcome of the run: that of its [`oracle`](Self::oracle), if any work was done.
    fn outcome(&self) -> Outcome {
        match (self.totals().work, self.oracle()) {
            (_, worse @ (Outcome::Fail | Outcome::CutShort)) => worse,
            (0, _) => Outcome::NotMeasured,
            (_, outcome) => outcome,
        }
    }

    /// Checks that the numbers agree with each other and with the verdict; names those that do not.
    fn check(&self) -> Result<(), String>;

    /// The shortest time that a run takes, and the longest on an undisturbed machine.
    fn lasts(config: &Self::Config) -> (Duration, Duration);

    /// Units of work per second, all threads together.
    fn rate(&self) -> f64 {
        let Totals {
            work, elapsed_ns, ..
        } = self.totals();
        work as f64 * 1e9 / elapsed_ns.max(1) as f64
    }

    /// The main metric of the module: [`rate`](Self::rate), or the time of a job in milliseconds.
    fn value(&self) -> f64 {
        self.rate()
    }

    /// The metric `name`; none if the module has no such metric, or the run did not measure it.
    fn metric(&self, name: &str) -> Option<f64> {
        match name {
            "value" => Some(self.value()),
            "rate" => Some(self.rate()),
            _ => {
                let metric = Self::METRICS.iter().find(|metric| metric.name == name)?;
                (metric.of)(self)
            }
        }
    }

    /// How often the events happened that the metric `name` is the rate of; none if it is none of events
    /// that may be rare, or the run did not count them.
    fn occurrences(&self, _name: &str) -> Option<Occurrences> {
        None
    }

    /// The kind of a time or rate of this run.
    fn time(&self, place: &Place) -> Kind;

    /// The kind of the metric `name`.
    fn kind(&self, name: &str, place: &Place) -> Kind {
        let metric = Self::METRICS.iter().find(|metric| metric.name == name);
        let own = metric.and_then(|metric| metric.kind);
        own.unwrap_or_else(|| self.time(place)).on(place.tier)
    }

    /// The settings by key, in their order.
    fn settings(&self) -> Map<String, Value> {
        match serde_json::to_value(self.config()) {
            Ok(Value::Object(settings)) => settings,
            _ => Map::new(),
        }
    }
}

/// What the reports of all modules have.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    /// The run's number since its module was loaded or reset.
    pub run: u64,
    /// Units of work done: critical sections, operations, operations, items or random jobs.
    pub work: u64,
    /// Length of the run, in nanoseconds.
    pub elapsed_ns: u64,
    /// The verdict of the module's oracle.
    pub verdict: OracleState,
}

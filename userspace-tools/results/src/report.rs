// SPDX-License-Identifier: GPL-2.0

//! The report of a finished run, by module.

mod bottleneck;
mod check;
mod job_runner;
mod lines;
mod lock_load;
mod sloppy_counter;

use std::time::Duration;

use abi::{status::Verdict, Malformed};
use serde::{de::DeserializeOwned, Serialize};

pub use self::{
    bottleneck::{Bottleneck, Finding},
    job_runner::JobRunner,
    lock_load::{Event, LockLoad},
    sloppy_counter::SloppyCounter,
};
use crate::{Metric, Outcome, Settings};

/// What the reports of all modules have in common.
pub trait Measured {
    /// The run's number since its module was loaded or reset.
    fn run(&self) -> u64;

    /// The settings as text: `key=value key=value …`.
    fn config_text(&self) -> String;

    /// Units of work done: critical sections, operations, operations, items.
    fn work(&self) -> u64;

    /// Length of the run, in nanoseconds.
    fn elapsed_ns(&self) -> u64;

    /// Units of work per second, all threads together.
    fn rate(&self) -> f64 {
        self.work() as f64 * 1e9 / self.elapsed_ns().max(1) as f64
    }

    /// The main metric of the module: [`rate`](Self::rate), or the time of a job in milliseconds.
    fn value(&self) -> f64 {
        self.rate()
    }

    /// Whether a larger [`value`](Self::value) is better.
    fn more_is_better(&self) -> bool {
        true
    }

    /// The verdict of the module's oracle.
    fn verdict(&self) -> Verdict;

    /// The verdict, given what the load under test promises.
    fn outcome(&self) -> Outcome;

    /// Checks that the numbers agree with each other and with the verdict; names those that do not.
    fn check(&self) -> Result<(), String>;

    /// The metric `name`; none if the module has no such metric, or the run did not measure it.
    fn metric(&self, name: &str) -> Option<f64>;
}

/// The report of one module.
pub trait Report: Measured + Clone + Serialize + DeserializeOwned + 'static {
    /// The module's name.
    const MODULE: &'static str;
    /// Its metrics beside `value` and `rate`.
    const METRICS: &'static [Metric<Self>];
    /// Its settings.
    type Config: Settings;

    /// Parses the text of the file `report`.
    fn parse(text: &str) -> Result<Self, Malformed>;

    /// The settings of the run.
    fn config(&self) -> &Self::Config;

    /// The shortest time that a run takes, and the longest on an undisturbed machine.
    fn lasts(config: &Self::Config) -> (Duration, Duration);

    /// Finds a metric by name.
    fn find_metric(&self, name: &str) -> Option<f64> {
        match name {
            "value" => Some(self.value()),
            "rate" => Some(self.rate()),
            _ => {
                let metric = Self::METRICS.iter().find(|metric| metric.name == name)?;
                (metric.of)(self)
            }
        }
    }
}

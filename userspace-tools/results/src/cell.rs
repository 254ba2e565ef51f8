// SPDX-License-Identifier: GPL-2.0

//! A cell of a table: all repeats of one combination of settings.

use statistics::Sample;

use crate::{pairs, Outcome, Report, Settings};

/// A combination of settings with all its runs.
pub struct Cell<R: Report> {
    /// The settings.
    pub config: R::Config,
    /// The runs, in the order in which they were made.
    pub runs: Vec<R>,
}

impl<R: Report> Cell<R> {
    /// A combination that was not run yet.
    pub fn new(config: R::Config) -> Self {
        Self {
            config,
            runs: Vec::new(),
        }
    }

    /// The summary of a measurement; runs that did not make it do not count.
    pub fn sample(&self, measure: impl Fn(&R) -> Option<f64>) -> Option<Sample> {
        Sample::of(self.runs.iter().filter_map(measure))
    }

    /// The median of something that every run measures; 0 before the first run.
    pub fn median(&self, measure: impl Fn(&R) -> f64) -> f64 {
        let sample = self.sample(|run| Some(measure(run)));
        sample.map_or(0.0, |sample| sample.median)
    }

    /// The distance of the farthest repeat from the median value, as `±12%`.
    pub fn spread(&self) -> String {
        let sample = self.sample(|run| Some(run.value()));
        let deviation = sample.map_or(0.0, |sample| sample.deviation());
        format!("±{:.0}%", deviation * 100.0)
    }

    /// The worst outcome of the runs.
    pub fn outcome(&self) -> Outcome {
        let outcomes = self.runs.iter().map(R::outcome);
        outcomes.max().unwrap_or(Outcome::Skip)
    }

    /// The values of `keys`, as text.
    pub fn values(&self, keys: &[&str]) -> Vec<String> {
        let text = self.config.to_string();
        let value = |key: &&str| pairs(&text).find(|(k, _)| k == key);
        let found = keys.iter().filter_map(value);
        found.map(|(_, value)| value.into()).collect()
    }

    /// `always`, and further keys whose values differ between the cells.
    pub fn columns<'k>(cells: &[Self], always: &[&'k str]) -> Vec<&'k str>
    where
        R::Config: 'k,
    {
        let differs = |key: &str| {
            let first = cells.first().map(|p| p.values(&[key]));
            cells.iter().any(|p| Some(p.values(&[key])) != first)
        };
        let further = R::Config::KEYS.iter().copied();
        let further = further.filter(|key| !always.contains(key) && differs(key));
        always.iter().copied().chain(further).collect()
    }
}

// SPDX-License-Identifier: GPL-2.0

//! One combination of settings in a sweep, and its runs.

use crate::{pairs, stats::Sample, Outcome, Report};

/// A combination of settings with all its runs.
pub struct Point<R: Report> {
    /// The settings.
    pub config: R::Config,
    /// The runs, in the order in which they were made.
    pub runs: Vec<R>,
}

impl<R: Report> Point<R> {
    /// A combination that was not run yet.
    pub fn new(config: R::Config) -> Self {
        Self {
            config,
            runs: Vec::new(),
        }
    }

    /// Something measured in each run.
    pub fn sample(&self, measure: impl Fn(&R) -> f64) -> Sample {
        Sample::of(self.runs.iter().map(measure))
    }

    /// The worst that came out; of a `busted`, that it was not caught each time.
    pub fn outcome(&self) -> Outcome {
        let outcomes = self.runs.iter().map(R::outcome);
        outcomes.max().unwrap_or(Outcome::Untested)
    }

    /// The values of `keys`, as text.
    pub fn values(&self, keys: &[&str]) -> Vec<String> {
        let text = self.config.to_string();
        let value = |key: &&str| pairs(&text).find(|(k, _)| k == key);
        let found = keys.iter().filter_map(value);
        found.map(|(_, value)| value.into()).collect()
    }

    /// `always`, and further keys whose values differ between the points.
    pub fn columns<'k>(points: &[Self], always: &[&'k str]) -> Vec<&'k str>
    where
        R::Config: 'k,
    {
        use crate::Settings;
        let differs = |key: &str| {
            let first = points.first().map(|p| p.values(&[key]));
            points.iter().any(|p| Some(p.values(&[key])) != first)
        };
        let further = R::Config::KEYS.iter().copied();
        let further = further.filter(|key| !always.contains(key) && differs(key));
        always.iter().copied().chain(further).collect()
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Histograms as a module reports them: merged, and asked for quantiles.
//!
//! A bucket is named after its smallest value; [`abi::histogram::high`] is its largest. A quantile
//! is the upper edge of its bucket, at most the longest sample: never less than exact, and at most
//! 1/32 more.
//!
//! A quantile counts samples, so a wait of a second counts as much as one of a microsecond. A quantile
//! by time weights each by its length: it is of the wait that is met at a random moment of waiting.

use std::collections::BTreeMap;

use abi::{
    histogram::{high, read, Head, Of},
    Malformed,
};
use serde::{Deserialize, Serialize};

use crate::count::total;

/// Numbers of samples by size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Samples by the smallest value of their bucket.
    buckets: BTreeMap<u64, u64>,
    longest: u64,
}

impl Histogram {
    /// A histogram of `buckets`, smallest value and count each, whose largest sample is `longest`.
    pub fn new(buckets: impl IntoIterator<Item = (u64, u64)>, longest: u64) -> Self {
        Self {
            buckets: buckets.into_iter().collect(),
            longest,
        }
    }

    /// The number of samples.
    pub fn count(&self) -> u64 {
        total(self.buckets.values().copied())
    }

    /// The longest sample, exactly.
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// The samples of both.
    pub fn merged(mut self, other: &Self) -> Self {
        for (low, count) in &other.buckets {
            let sum = self.buckets.entry(*low).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.longest = self.longest.max(other.longest);
        self
    }

    /// The value that `part` of the samples do not exceed; 0.99 is the 99th percentile.
    pub fn quantile(&self, part: f64) -> Option<u64> {
        let wanted = (self.count() as f64 * part).ceil().max(1.0) as u64;
        let (edge, _) = self.edges().find(|&(_, seen)| seen >= wanted)?;
        Some(edge)
    }

    /// The value that the sample met at a random moment does not exceed with probability `part`: each
    /// sample counts as often as it is long. None if all are 0.
    pub fn quantile_by_time(&self, part: f64) -> Option<u64> {
        let middle = |low: u64| (low as f64 + self.edge(low) as f64) / 2.0;
        let times = self.buckets.iter();
        let times = times.map(|(low, count)| (self.edge(*low), middle(*low) * *count as f64));
        let all: f64 = times.clone().map(|(_, time)| time).sum();
        let mut seen = 0.0;
        let mut some = times.filter(|(_, time)| *time > 0.0);
        let reached = |(_, time): &(u64, f64)| {
            seen += time;
            seen >= all * part
        };
        let last = some.clone().last()?;
        Some(some.find(reached).unwrap_or(last).0)
    }

    /// The quickest of the usual values: the upper edge of the first bucket that holds at least `part` of the samples.
    pub fn quickest_mode(&self, part: f64) -> Option<u64> {
        let least = (self.count() as f64 * part).max(1.0);
        let (low, _) = self
            .buckets
            .iter()
            .find(|(_, count)| **count as f64 >= least)?;
        Some(self.edge(*low))
    }

    /// For the upper edge of each bucket, the part of all samples that do not exceed it.
    pub fn cumulated(&self) -> Vec<(f64, f64)> {
        let all = self.count() as f64;
        let edges = self.edges();
        edges
            .map(|(edge, seen)| (edge as f64, seen as f64 / all))
            .collect()
    }

    /// The upper edge of each bucket, and how many samples do not exceed it.
    fn edges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut seen = 0;
        self.buckets.iter().map(move |(low, count)| {
            seen = total([seen, *count]);
            (self.edge(*low), seen)
        })
    }

    /// The upper edge of the bucket whose smallest value is `low`.
    fn edge(&self, low: u64) -> u64 {
        high(low).min(self.longest.max(low))
    }
}

/// A histogram of one thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Json", into = "Json")]
pub struct ThreadHistogram {
    /// What was timed, and the thread.
    pub head: Head,
    /// The times, in nanoseconds.
    pub times: Histogram,
}

/// The same in JSON.
#[derive(Serialize, Deserialize)]
struct Json {
    #[serde(flatten)]
    head: Head,
    buckets: Vec<(u64, u64)>,
}

impl From<ThreadHistogram> for Json {
    fn from(ThreadHistogram { head, times }: ThreadHistogram) -> Self {
        let buckets = times.buckets.into_iter().collect();
        Self { head, buckets }
    }
}

impl From<Json> for ThreadHistogram {
    fn from(Json { head, buckets }: Json) -> Self {
        let times = Histogram::new(buckets, head.longest_ns);
        Self { head, times }
    }
}

impl ThreadHistogram {
    /// Parses a line of a report.
    pub fn parse(line: &str) -> Result<Self, Malformed> {
        let (head, buckets) = read(line)?;
        let buckets: Vec<_> = buckets.collect::<Result<_, _>>()?;
        let times = Histogram::new(buckets, head.longest_ns);
        Ok(Self { head, times })
    }
}

/// All samples of one kind.
pub fn merged(all: &[ThreadHistogram], of: Of) -> Histogram {
    let mine = all.iter().filter(|thread| thread.head.of == of);
    mine.fold(Histogram::default(), |sum, thread| {
        sum.merged(&thread.times)
    })
}

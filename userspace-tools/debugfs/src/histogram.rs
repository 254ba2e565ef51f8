// SPDX-License-Identifier: GPL-2.0

//! A histogram as a module reports it: read, added up, and asked for its quantiles.

use std::collections::BTreeMap;

use abi::{
    histogram::{high, read, Head, Of},
    Malformed,
};
use serde::{ser::SerializeStruct, Serialize, Serializer};

/// How many samples there are of about what size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Samples by the smallest value of their bucket.
    buckets: BTreeMap<u64, u64>,
    longest: u64,
}

impl Histogram {
    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.buckets.values().sum()
    }

    /// The longest, exactly.
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// The samples of both.
    pub fn merged(mut self, other: &Self) -> Self {
        for (low, count) in &other.buckets {
            *self.buckets.entry(*low).or_default() += count;
        }
        self.longest = self.longest.max(other.longest);
        self
    }

    /// What `part` of the samples are at most, a part of 0.99 being the 99th percentile. It is
    /// the largest value of a bucket, so it may be more than exact by a part in 32, never less.
    pub fn quantile(&self, part: f64) -> Option<u64> {
        let wanted = (self.count() as f64 * part).ceil().max(1.0) as u64;
        let mut seen = 0;
        let mut until = self.buckets.iter().map(|(low, count)| {
            seen += count;
            (*low, seen)
        });
        let (low, _) = until.find(|&(_, seen)| seen >= wanted)?;
        Some(high(low).min(self.longest.max(low)))
    }
}

/// A histogram of one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// What was timed, and whose it is.
    pub head: Head,
    /// The times, in nanoseconds.
    pub times: Histogram,
}

impl Timed {
    /// Reads a line of a report.
    pub fn parse(line: &str) -> Result<Self, Malformed> {
        let (head, buckets) = read(line)?;
        let times = Histogram {
            buckets: buckets.collect::<Result<_, _>>()?,
            longest: head.longest_ns,
        };
        Ok(Self { head, times })
    }
}

/// All samples of one kind.
pub fn merged(all: &[Timed], of: Of) -> Histogram {
    let mine = all.iter().filter(|timed| timed.head.of == of);
    mine.fold(Histogram::default(), |sum, timed| sum.merged(&timed.times))
}

impl Serialize for Timed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Head {
            of,
            index,
            vcpu,
            count,
            longest_ns,
        } = self.head;
        let mut object = to.serialize_struct("histogram", 6)?;
        object.serialize_field("of", of.name())?;
        object.serialize_field("index", &index)?;
        object.serialize_field("vcpu", &vcpu)?;
        object.serialize_field("count", &count)?;
        object.serialize_field("longest_ns", &longest_ns)?;
        object.serialize_field("buckets", &self.times.buckets.iter().collect::<Vec<_>>())?;
        object.end()
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Histograms out of records: added up over threads and repeats, and asked for their quantiles.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::store::record::Record;

/// Each power of two has `1 << SUB_BITS` buckets, as the modules have it.
const SUB_BITS: u32 = 5;

/// Samples by the smallest value of their bucket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Histogram(BTreeMap<u64, u64>);

impl Histogram {
    /// Adds the buckets of one kind, `wait`, `hold` or `handoff`, of all threads of a run.
    pub fn add(&mut self, record: &Record, of: &str) {
        let all = record.said.rest.get("histograms").and_then(Value::as_array);
        for histogram in all.into_iter().flatten() {
            if histogram.get("of").and_then(Value::as_str) != Some(of) {
                continue;
            }
            let buckets = histogram.get("buckets").and_then(Value::as_array);
            for bucket in buckets.into_iter().flatten() {
                let number = |i: usize| bucket.get(i).and_then(Value::as_u64);
                if let (Some(low), Some(count)) = (number(0), number(1)) {
                    *self.0.entry(low).or_default() += count;
                }
            }
        }
    }

    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// What `part` of the samples are at most: the end of a bucket, so up to a 32nd too much.
    pub fn quantile(&self, part: f64) -> Option<u64> {
        let wanted = (self.count() as f64 * part).ceil().max(1.0) as u64;
        let mut seen = 0;
        let mut until = self.0.iter().map(|(low, count)| {
            seen += count;
            (*low, seen)
        });
        until
            .find(|&(_, seen)| seen >= wanted)
            .map(|(low, _)| high(low))
    }

    /// For the end of each bucket, the part of all samples that are at most that.
    pub fn cumulated(&self) -> Vec<(f64, f64)> {
        let all = self.count() as f64;
        let mut seen = 0;
        let points = self.0.iter().map(|(low, count)| {
            seen += count;
            (high(*low) as f64, seen as f64 / all)
        });
        points.collect()
    }
}

/// The largest value of the bucket whose smallest is `low`.
fn high(low: u64) -> u64 {
    let octave = (low | (1 << SUB_BITS)).ilog2().saturating_sub(SUB_BITS);
    low + (1 << octave) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(buckets: &str) -> Record {
        let text = format!(
            r#"{{"part":"p","repeat":1,"line":"l","schema":3,"seq":0,"module":"lock-load","histograms":[
            {{"of":"wait","vcpu":0,"buckets":{buckets}}}, {{"of":"hold","vcpu":0,"buckets":[[7,9]]}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn runs_add_up_and_quantiles_are_ends_of_buckets() {
        let mut all = Histogram::default();
        all.add(&record("[[0,50],[10,40]]"), "wait");
        all.add(&record("[[10,5],[128,5]]"), "wait");
        assert_eq!(all.count(), 100);
        assert_eq!(all.quantile(0.5), Some(0));
        assert_eq!(all.quantile(0.95), Some(10));
        assert_eq!(all.quantile(0.99), Some(131));
        assert_eq!(all.cumulated().last(), Some(&(131.0, 1.0)));
    }

    #[test]
    fn what_was_not_timed_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
    }
}

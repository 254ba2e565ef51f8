// SPDX-License-Identifier: GPL-2.0

//! Costs of two results beside each other, as of an idle and of a loaded host, or of two builds.
//!
//! A difference is in percent of the instructions that were counted for one operation, its loop included.

use serde_json::{json, Value};

use crate::{
    console::table::plain,
    judge::{
        costs::{Measured, COLUMNS},
        verdict::Verdict,
    },
};

/// One cost in both results.
struct Pair<'a> {
    column: &'static str,
    row: &'a str,
    first: Option<f64>,
    second: Option<f64>,
}

impl Pair<'_> {
    fn percent(&self) -> Option<f64> {
        let (first, second) = (self.first?, self.second?);
        Some((second - first) / first * 100.0)
    }
}

/// Every cost of two results, and how far they may differ.
pub struct Beside<'a> {
    pairs: Vec<Pair<'a>>,
    /// The largest difference that passes, in percent; without it any does.
    within: Option<f64>,
}

impl<'a> Beside<'a> {
    pub fn new(first: &'a Measured, second: &'a Measured, within: Option<f64>) -> Self {
        let mut pairs: Vec<Pair<'a>> = Vec::new();
        for column in &COLUMNS {
            for row in first.rows(column).chain(second.rows(column)) {
                let known = |pair: &Pair<'_>| (pair.column, pair.row) == (column.name, row);
                if !pairs.iter().any(known) {
                    pairs.push(Pair {
                        column: column.name,
                        row,
                        first: first.raw(column.name, row),
                        second: second.raw(column.name, row),
                    });
                }
            }
        }
        Self { pairs, within }
    }

    /// The pair that differs most.
    fn farthest(&self) -> Option<&Pair<'a>> {
        let by = |pair: &&Pair<'_>| pair.percent().map(f64::abs);
        let measured = self.pairs.iter().filter(|pair| by(pair).is_some());
        measured.max_by(|a, b| by(a).unwrap_or(0.0).total_cmp(&by(b).unwrap_or(0.0)))
    }

    /// FAIL if a cost differs by more than allowed; NOT MEASURED if a result lacks one.
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.pairs.iter().map(|pair| match pair.percent() {
            None => Verdict::NotMeasured,
            Some(percent) => {
                let within = self.within.is_none_or(|most| percent.abs() <= most);
                within.into()
            }
        });
        Verdict::worst(verdicts)
    }

    pub fn text(&self) -> String {
        let head = ["column", "row", "first", "second", "difference", "%"];
        let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |v| format!("{v:.2}"));
        let body = self.pairs.iter().map(|pair| {
            let difference = pair.first.zip(pair.second).map(|(a, b)| b - a);
            vec![
                pair.column.to_string(),
                pair.row.to_string(),
                number(pair.first),
                number(pair.second),
                number(difference),
                number(pair.percent()),
            ]
        });
        let table = plain(head.to_vec(), body).trim_fmt();
        let last = self.farthest().map_or_else(
            || "no cost is in both results".to_string(),
            |pair| {
                let percent = pair.percent().unwrap_or(f64::NAN);
                let (column, row) = (pair.column, pair.row);
                format!("largest difference: {percent:+.2} %, {column} of {row}")
            },
        );
        let verdict = self.verdict();
        let within = self
            .within
            .map_or(String::new(), |w| format!(" (allowed: {w} %)"));
        format!("Instructions per operation, with its loop\n\n{table}\n\n{verdict}: {last}{within}, {} costs", self.pairs.len())
    }

    pub fn json(&self) -> Value {
        let pairs = self.pairs.iter().map(|pair| {
            json!({
                "column": pair.column, "row": pair.row, "first": pair.first,
                "second": pair.second, "percent": pair.percent(),
            })
        });
        let largest = self.farthest().and_then(Pair::percent);
        json!({
            "unit": "instructions", "costs": pairs.collect::<Vec<_>>(), "within_percent": self.within,
            "largest_percent": largest, "verdict": self.verdict(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(ticket: f64) -> Measured {
        Measured::of(&[("uncontended", &[("empty", 80.0), ("ticket", ticket)])])
    }

    #[test]
    fn difference_beyond_the_limit_fails_and_is_named() {
        let (first, second) = (measured(100.0), measured(100.4));
        let verdict = |within| Beside::new(&first, &second, within).verdict();
        assert_eq!(verdict(None), Verdict::Pass);
        assert_eq!(verdict(Some(0.5)), Verdict::Pass);
        assert_eq!(verdict(Some(0.3)), Verdict::Fail);
        let text = Beside::new(&first, &second, Some(0.3)).text();
        let last =
            "FAIL: largest difference: +0.40 %, uncontended of ticket (allowed: 0.3 %), 1 costs";
        assert!(text.ends_with(last), "{text}");
    }

    #[test]
    fn cost_that_one_result_lacks_is_not_measured() {
        let (first, none) = (measured(100.0), Measured::default());
        for (a, b) in [(&first, &none), (&none, &first), (&none, &none)] {
            let beside = Beside::new(a, b, Some(0.5));
            assert_eq!(beside.verdict(), Verdict::NotMeasured);
            assert!(beside.json()["largest_percent"].is_null());
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Confusion matrix: long waits by true cause and cause given.

use abi::lock_load::Cause;
use serde::Serialize;

use crate::plan::setting::Point;

/// A long wait that an injected preemption made long.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KnownWait {
    pub boot: usize,
    pub settings: Point,
    pub true_cause: Cause,
    /// The cause that the module gave.
    pub given: Cause,
}

/// Numbers of waits, each pair of causes once.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Matrix {
    pairs: Vec<Pair>,
}

/// Waits with one true cause and one given.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Pair {
    true_cause: Cause,
    given: Cause,
    count: u64,
}

impl Matrix {
    pub fn of<'a>(waits: impl Iterator<Item = &'a KnownWait>) -> Self {
        let mut pairs: Vec<Pair> = Vec::new();
        for &KnownWait {
            true_cause, given, ..
        } in waits
        {
            let mut all = pairs.iter_mut();
            match all.find(|pair| (pair.true_cause, pair.given) == (true_cause, given)) {
                Some(pair) => pair.count += 1,
                None => pairs.push(Pair {
                    true_cause,
                    given,
                    count: 1,
                }),
            }
        }
        Self { pairs }
    }

    /// Waits with the true cause `truth` to which `given` was given.
    pub fn count(&self, truth: Cause, given: Cause) -> u64 {
        self.sum(|pair, other| (pair, other) == (truth, given))
    }

    /// The part of the waits with this true cause to which it was given, and their number.
    pub fn recall(&self, cause: Cause) -> (Option<f64>, u64) {
        let all = self.sum(|truth, _| truth == cause);
        (part(self.count(cause, cause), all), all)
    }

    /// The part of the waits to which this cause was given whose true cause it is, and their number.
    pub fn precision(&self, cause: Cause) -> (Option<f64>, u64) {
        let all = self.sum(|_, given| given == cause);
        (part(self.count(cause, cause), all), all)
    }

    fn sum(&self, of: impl Fn(Cause, Cause) -> bool) -> u64 {
        let pairs = self.pairs.iter();
        let mine = pairs.filter(|pair| of(pair.true_cause, pair.given));
        mine.map(|pair| pair.count).sum()
    }
}

fn part(count: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| count as f64 / all as f64)
}

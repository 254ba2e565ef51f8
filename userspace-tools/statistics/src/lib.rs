// SPDX-License-Identifier: GPL-2.0

//! What may be said of samples: no bell curve is assumed, and every number comes with its doubt.

#![forbid(unsafe_code)]

mod median;
mod rank;
mod sample;
mod scalability;
mod shift;
#[cfg(test)]
mod simulated;
mod verdict;

pub use self::{
    median::Interval,
    rank::Rank,
    sample::Sample,
    scalability::{Coefficient, Scalability},
    shift::Shift,
    verdict::{Rules, Verdict},
};

/// The values in ascending order.
fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of values in ascending order, or the mean of the two in the middle.
fn middle(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = sorted.get(half)?;
    Some(match sorted.len() % 2 {
        1 => *upper,
        _ => f64::midpoint(sorted[half - 1], *upper),
    })
}

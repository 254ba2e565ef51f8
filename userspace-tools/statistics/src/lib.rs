// SPDX-License-Identifier: GPL-2.0

//! Statistics of small samples: intervals, tests, fits.
//!
//! Pure functions over numbers, without I/O. No distribution is assumed where the order of the
//! values suffices. [`confidence`] is the only place with a confidence level.

#![forbid(unsafe_code)]

pub mod confidence;
mod difference;
mod interval;
mod jain;
mod rank;
mod sample;
mod scalability;
mod shift;
#[cfg(test)]
mod simulated;

pub use self::{
    difference::{Difference, DifferenceTest},
    interval::Interval,
    jain::jain,
    rank::Rank,
    sample::{median, percent, Sample},
    scalability::{Coefficient, Scalability},
    shift::Shift,
};

/// The values in ascending order.
fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
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

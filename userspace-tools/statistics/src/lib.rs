// SPDX-License-Identifier: GPL-2.0

//! Statistics of small samples: intervals, tests, fits.
//!
//! Pure functions over numbers, without I/O. [`Estimate`] has the boot as its unit, and [`holm`] and
//! [`Evidence`] make decisions of estimates. [`confidence`] is the only place with a confidence level.

#![forbid(unsafe_code)]

#[cfg(test)]
mod calibration;
pub mod confidence;
mod decision;
mod estimate;
mod interval;
mod jain;
mod kendall;
mod largest;
mod line;
mod occurrences;
mod sample;
mod scalability;
mod spread;

pub use self::{
    decision::{holm, Decision, Evidence, Range},
    estimate::{Bounds, Estimate, Scale},
    interval::Interval,
    jain::jain,
    kendall::kendall,
    line::{Line, Lines},
    occurrences::Occurrences,
    sample::{median, percent, Sample},
    scalability::{Coefficient, Scalability},
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

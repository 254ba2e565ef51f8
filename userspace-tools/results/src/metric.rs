// SPDX-License-Identifier: GPL-2.0

//! A metric: one figure of the runs of a module, by name.

/// One figure of the runs of a module.
pub struct Metric<R> {
    /// Its name in rules and claims.
    pub name: &'static str,
    /// What it is, with its unit.
    pub meaning: &'static str,
    /// Computes it; none if the run did not measure it.
    pub of: fn(&R) -> Option<f64>,
}

/// Lists metrics: `"name": "meaning" = |report| value,`.
macro_rules! metrics {
    ($($name:literal: $meaning:literal = $of:expr,)*) => {
        &[$($crate::Metric { name: $name, meaning: $meaning, of: $of },)*]
    };
}

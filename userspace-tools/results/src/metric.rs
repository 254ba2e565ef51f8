// SPDX-License-Identifier: GPL-2.0

//! A metric: one figure of the runs of a module, by name.

use crate::Kind;

/// One figure of the runs of a module.
pub struct Metric<R> {
    /// Its name in rules and claims.
    pub name: &'static str,
    /// What it is, with its unit.
    pub meaning: &'static str,
    /// Its kind; none of a time, whose kind is that of [`Report::time`](crate::Report::time).
    pub kind: Option<Kind>,
    /// Computes it; none if the run did not measure it.
    pub of: fn(&R) -> Option<f64>,
}

/// Lists metrics: `"name" Kind: "meaning" = |report| value,`, without a kind if it is a time.
macro_rules! metrics {
    ($($name:literal $($kind:ident)?: $meaning:literal = $of:expr,)*) => {
        &[$($crate::Metric {
            name: $name,
            meaning: $meaning,
            kind: metrics!(@ $($kind)?),
            of: $of,
        },)*]
    };
    (@) => { None };
    (@ $kind:ident) => { Some($crate::Kind::$kind) };
}

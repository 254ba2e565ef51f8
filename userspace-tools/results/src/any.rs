// SPDX-License-Identifier: GPL-2.0

//! A report of any module.

use abi::status::OracleState;
use serde::Serialize;
use serde_json::{Map, Value};
use statistics::Occurrences;

use crate::{
    Bottleneck, Histogram, JobRunner, Kind, LockLoad, Outcome, Place, Report, SloppyCounter, Totals,
};

/// A report of any module.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AnyReport {
    /// Of `lock-load`.
    LockLoad(Box<LockLoad>),
    /// Of `sloppy-counter`.
    SloppyCounter(Box<SloppyCounter>),
    /// Of `job-runner`.
    JobRunner(Box<JobRunner>),
    /// Of `bottleneck`.
    Bottleneck(Box<Bottleneck>),
}

/// Calls `$module::<R>(…)` with the report type of the module named `$name`.
#[macro_export]
macro_rules! for_module {
    ($name:expr, $call:ident($($argument:expr),*), $else:expr) => {
        match $name {
            <$crate::LockLoad as $crate::Report>::MODULE => $call::<$crate::LockLoad>($($argument),*),
            <$crate::SloppyCounter as $crate::Report>::MODULE => {
                $call::<$crate::SloppyCounter>($($argument),*)
            }
            <$crate::JobRunner as $crate::Report>::MODULE => $call::<$crate::JobRunner>($($argument),*),
            <$crate::Bottleneck as $crate::Report>::MODULE => $call::<$crate::Bottleneck>($($argument),*),
            _ => $else,
        }
    };
}

impl AnyReport {
    /// The names of the modules, in the order of the variants.
    pub const MODULES: [&'static str; 4] = [
        LockLoad::MODULE,
        SloppyCounter::MODULE,
        JobRunner::MODULE,
        Bottleneck::MODULE,
    ];

    /// Waits for locks; none if none were sampled.
    pub fn waits(&self) -> Histogram {
        match self {
            Self::LockLoad(report) => report.waits(),
            Self::Bottleneck(report) => report.waits(),
            Self::SloppyCounter(_) | Self::JobRunner(_) => Histogram::default(),
        }
    }

    /// Deserialises a report of `module`.
    pub fn from_json(module: &str, report: Value) -> Result<Self, String> {
        fn read<R: Report + Into<AnyReport>>(report: Value) -> Result<AnyReport, String> {
            let report = serde_json::from_value::<R>(report);
            report.map(Into::into).map_err(|e| e.to_string())
        }
        for_module!(module, read(report), Err(unknown(module)))
    }
}

/// The message for a module that is not one of [`AnyReport::MODULES`].
pub fn unknown(module: &str) -> String {
    format!(
        "`{module}`: no such module; allowed: {}",
        AnyReport::MODULES.join(" ")
    )
}

/// Implements functions of [`AnyReport`] by an expression on the report of each module.
macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty = |$r:ident| $do:expr;)*) => {
        impl AnyReport {$(
            $(#[$doc])*
            pub fn $name(&self $(, $arg: $ty)*) -> $out {
                match self {
                    Self::LockLoad($r) => $do,
                    Self::SloppyCounter($r) => $do,
                    Self::JobRunner($r) => $do,
                    Self::Bottleneck($r) => $do,
                }
            }
        )*}
    };
}

forward! {
    /// The module's name.
    module() -> &'static str = |report| module_of(&**report);
    /// [`Report::totals`].
    totals() -> Totals = |report| report.totals();
    /// [`Report::rate`].
    rate() -> f64 = |report| report.rate();
    /// [`Report::value`].
    value() -> f64 = |report| report.value();
    /// [`Report::MORE_IS_BETTER`].
    more_is_better() -> bool = |report| is_more_better(&**report);
    /// The verdict of the module's oracle.
    verdict() -> OracleState = |report| report.totals().verdict;
    /// [`Report::outcome`].
    outcome() -> Outcome = |report| report.outcome();
    /// [`Report::check`].
    check() -> Result<(), String> = |report| report.check();
    /// [`Report::metric`].
    metric(name: &str) -> Option<f64> = |report| report.metric(name);
    /// [`Report::occurrences`].
    occurrences(name: &str) -> Option<Occurrences> = |report| report.occurrences(name);
    /// [`Report::kind`].
    kind(name: &str, place: &Place) -> Kind = |report| report.kind(name, place);
    /// [`Report::settings`].
    settings() -> Map<String, Value> = |report| report.settings();
}

fn module_of<R: Report>(_: &R) -> &'static str {
    R::MODULE
}

fn is_more_better<R: Report>(_: &R) -> bool {
    R::MORE_IS_BETTER
}

macro_rules! from {
    ($($module:ident),*) => {$(
        impl From<$module> for AnyReport {
            fn from(report: $module) -> Self {
                Self::$module(report.into())
            }
        }
    )*};
}
from!(LockLoad, SloppyCounter, JobRunner, Bottleneck);

// SPDX-License-Identifier: GPL-2.0

//! A report of any module.

use std::ops::Deref;

use serde::Serialize;
use serde_json::Value;

use crate::{Bottleneck, DynReport, JobRunner, LockLoad, Report, SloppyCounter};

/// A report of any module; derefs to what all have in common.
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

impl Deref for AnyReport {
    type Target = dyn DynReport;

    fn deref(&self) -> &(dyn DynReport + 'static) {
        match self {
            Self::LockLoad(report) => &**report,
            Self::SloppyCounter(report) => &**report,
            Self::JobRunner(report) => &**report,
            Self::Bottleneck(report) => &**report,
        }
    }
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

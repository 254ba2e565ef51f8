// SPDX-License-Identifier: GPL-2.0

//! Results of runs: the typed report of each module, its checks and its metrics.
//!
//! A [`Report`] is parsed from a module's file `report`; a [`Record`] is the same as one line of
//! JSON, written by `batch` and the tools, read by `sweep`. [`AnyReport`] is a report of any
//! module, a [`Cell`] all runs of one combination of settings. A [`Verdict`] is that of everything
//! that is judged; a [`Case`] is one check of a list. Figures in the reports are of
//! the guest's kernel; this crate only computes.

#![forbid(unsafe_code)]

#[macro_use]
mod metric;

mod any;
mod case;
mod cell;
mod clock;
mod count;
mod counts;
pub mod histogram;
mod kind;
pub mod metrics;
mod number;
mod older;
mod outcome;
mod record;
mod report;
mod settings;
pub mod table;
mod verdict;

pub use self::{
    any::{unknown, AnyReport},
    case::Case,
    cell::Cell,
    clock::Clock,
    counts::{ktap, Counts},
    histogram::{Histogram, ThreadHistogram},
    kind::{Kind, Place},
    metric::Metric,
    outcome::Outcome,
    record::Record,
    report::{
        Account, Bottleneck, Event, Finding, JobRunner, LockLoad, Report, SloppyCounter, Totals,
    },
    settings::{pairs, vcpus, Settings},
    verdict::Verdict,
};

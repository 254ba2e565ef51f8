// SPDX-License-Identifier: GPL-2.0

//! One line of JSON for each run, for machines.

use abi::SCHEMA;
use serde::Serialize;

use crate::Report;

/// A finished run.
#[derive(Serialize)]
pub struct Record<'a, R> {
    schema: u32,
    seq: u64,
    module: &'static str,
    #[serde(flatten)]
    report: &'a R,
}

impl<'a, R: Report> Record<'a, R> {
    /// The record of the `seq`th run, counted from 0.
    pub fn new(seq: u64, report: &'a R) -> Self {
        Self {
            schema: SCHEMA,
            seq,
            module: R::MODULE,
            report,
        }
    }
}

/// A run that did not come to a report.
#[derive(Serialize)]
pub struct Failure<'a> {
    schema: u32,
    seq: u64,
    module: &'a str,
    error: String,
}

impl<'a> Failure<'a> {
    /// The record of the `seq`th run, counted from 0, of `module`.
    pub fn new(seq: u64, module: &'a str, error: impl ToString) -> Self {
        Self {
            schema: SCHEMA,
            seq,
            module,
            error: error.to_string(),
        }
    }
}

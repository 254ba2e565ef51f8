// SPDX-License-Identifier: GPL-2.0

//! Tests of every control file of every module, with valid and invalid input.

mod config;
mod control;
mod modes;
mod report;

use anyhow::Result;
use debugfs::Module;

use crate::{
    subject::{each_subject, fresh, halt, Subject},
    suite::Test,
};

/// The tests of all files.
pub fn tests() -> Vec<Test> {
    let mut tests: Vec<Test> = each_subject!(of()).into_iter().flatten().collect();
    tests.push(control::live_setting());
    tests
}

/// A test of a fresh module.
type Case<R> = (&'static str, fn(&Module<R>) -> Result<()>);

fn of<R: Subject>() -> Vec<Test> {
    let cases = [
        config::cases(),
        control::cases(),
        modes::cases(),
        report::cases(),
    ];
    let test =
        |(name, body): Case<R>| Test::new(format!("{}/{name}", R::MODULE), move || on_fresh(body));
    cases.into_iter().flatten().map(test).collect()
}

/// Runs `body` on a fresh module, and stops what it started.
fn on_fresh<R: Subject>(body: fn(&Module<R>) -> Result<()>) -> Result<()> {
    let module = fresh::<R>()?;
    let outcome = body(&module);
    halt(&module)?;
    outcome
}

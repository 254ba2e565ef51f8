// SPDX-License-Identifier: GPL-2.0

//! Tests of every control file of every module, with valid and invalid input.

mod case;
mod config;
mod control;
mod modes;
mod pieces;
mod report;

use self::case::{on_fresh, Case};
use crate::{
    subject::{each_subject, Subject},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let mut tests: Vec<Test> = each_subject!(of()).into_iter().flatten().collect();
    tests.push(control::live_setting());
    tests
}

fn of<R: Subject>() -> Vec<Test> {
    let cases = [
        config::cases(),
        control::cases(),
        modes::cases(),
        pieces::cases(),
        report::cases(),
    ];
    let test =
        |(name, body): Case<R>| Test::new(format!("{}/{name}", R::MODULE), move || on_fresh(body));
    cases.into_iter().flatten().map(test).collect()
}

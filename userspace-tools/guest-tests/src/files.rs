// SPDX-License-Identifier: GPL-2.0

//! Every file of every module, with good and with bad input.

mod config;
mod control;
mod modes;
mod report;

use anyhow::Result;
use debugfs::Module;
use results::{Bottleneck, JobRunner, LockLoad, SloppyCounter};

use crate::{
    subject::{fresh, halt, Subject},
    suite::Test,
};

/// The tests of all files.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    of::<LockLoad>(&mut tests);
    of::<SloppyCounter>(&mut tests);
    of::<JobRunner>(&mut tests);
    of::<Bottleneck>(&mut tests);
    tests.extend(control::live_tests());
    tests
}

/// A test of a module that is as it was when loaded.
type Case<R> = (&'static str, fn(&Module<R>) -> Result<()>);

fn of<R: Subject>(to: &mut Vec<Test>) {
    let cases = [
        config::cases(),
        control::cases(),
        modes::cases(),
        report::cases(),
    ];
    to.extend(cases.into_iter().flatten().map(|(name, body)| {
        Test::new(format!("{}/{name}", R::MODULE), move || {
            let module = fresh::<R>()?;
            let outcome = body(&module);
            halt(&module)?;
            outcome
        })
    }));
}

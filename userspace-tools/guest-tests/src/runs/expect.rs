// SPDX-License-Identifier: GPL-2.0

//! A run whose outcome is expected.

use anyhow::{ensure, Result};
use results::{vcpus, Outcome};

use crate::{
    subject::{fresh, run, settings, Subject},
    suite::Test,
};

/// One, two, and the number of vCPUs.
pub fn threads() -> Vec<u32> {
    let mut threads = vec![1, 2, vcpus()];
    threads.dedup();
    threads
}

/// A test that runs the defaults with `text` set and expects `outcome`.
pub fn test<R: Subject>(name: String, text: String, outcome: Outcome) -> Test {
    row::<R>(name, text, outcome, |_| true)
}

/// A test that runs the defaults with `text` set and expects `outcome`, and a report that `shows`
/// what is due.
pub fn row<R: Subject>(
    name: impl Into<String>,
    text: impl Into<String>,
    outcome: Outcome,
    shows: fn(&R) -> bool,
) -> Test {
    let text = text.into();
    Test::new(name, move || expect_that(&text, outcome, shows).map(drop))
}

/// Tests as rows of a table: the name below `$path`, the settings beside `$common`, the outcome, and
/// what the report shows.
macro_rules! rows {
    ($report:ty, $path:literal, $common:expr;
     $($name:literal: $text:expr, $outcome:ident, |$run:ident| $shows:expr;)*) => {
        vec![$($crate::runs::expect::row::<$report>(
            concat!($path, "/", $name),
            format!("{} {}", $common, $text),
            results::Outcome::$outcome,
            |$run: &$report| $shows,
        )),*]
    };
}
pub(crate) use rows;

/// Runs the defaults with `text` set and expects `outcome`.
pub fn expect<R: Subject>(text: &str, outcome: Outcome) -> Result<R> {
    expect_that(text, outcome, |_| true)
}

/// INCONCLUSIVE, since one thread had the whole run to itself, as happens with many vCPUs on a CPU, is
/// retried.
fn expect_that<R: Subject>(text: &str, outcome: Outcome, shows: fn(&R) -> bool) -> Result<R> {
    let (module, config) = (fresh::<R>()?, settings::<R>(text)?);
    let mut report = run(&module, &config)?;
    for _ in 0..4 {
        if report.outcome() == outcome || report.outcome() != Outcome::Inconclusive {
            break;
        }
        report = run(&module, &config)?;
    }
    let (text, found) = (module.dir().report()?, report.outcome());
    ensure!(*report.config() == config, "other settings: {text}");
    ensure!(found == outcome, "{found}, not {outcome}: {text}");
    ensure!(shows(&report), "not as due: {text}");
    Ok(report)
}

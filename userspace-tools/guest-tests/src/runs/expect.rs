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
    Test::new(name, move || expect::<R>(&text, outcome).map(drop))
}

/// Runs the defaults with `text` set and expects `outcome`.
///
/// SKIP, since one thread had the whole run to itself, as happens with many vCPUs on a CPU, is
/// retried.
pub fn expect<R: Subject>(text: &str, outcome: Outcome) -> Result<R> {
    let (module, config) = (fresh::<R>()?, settings::<R>(text)?);
    let mut report = run(&module, &config)?;
    for _ in 0..4 {
        if report.outcome() == outcome || report.outcome() != Outcome::Skip {
            break;
        }
        report = run(&module, &config)?;
    }
    let (text, found) = (module.dir().report()?, report.outcome());
    ensure!(*report.config() == config, "other settings: {text}");
    ensure!(found == outcome, "{found}, not {outcome}: {text}");
    Ok(report)
}

// SPDX-License-Identifier: GPL-2.0

//! Tests of the file `report`.

use std::{thread::sleep, time::Duration};

use abi::status::State;
use anyhow::{ensure, Result};
use debugfs::Module;

use super::case::Case;
use crate::subject::{halt, run, settings, Subject};

pub fn cases<R: Subject>() -> Vec<Case<R>> {
    vec![
        ("report/is_empty_before_the_first_run", is_empty),
        ("report/is_empty_during_the_first_run", is_empty_during),
        ("report/agrees_with_itself_and_its_settings", agrees),
        ("report/stays_during_the_next_run", stays),
        ("report/stays_when_settings_change", stays_on_config),
        ("report/is_replaced_by_the_next_run", is_replaced),
    ]
}

fn is_empty<R: Subject>(module: &Module<R>) -> Result<()> {
    let text = module.dir().report()?;
    ensure!(text.is_empty(), "{text:?}");
    Ok(())
}

fn is_empty_during<R: Subject>(module: &Module<R>) -> Result<()> {
    module.start(&R::endless())?;
    sleep(Duration::from_millis(20));
    is_empty(module)
}

fn agrees<R: Subject>(module: &Module<R>) -> Result<()> {
    for threads in [1, results::vcpus()] {
        let config = settings::<R>(&format!("{} {}={threads}", R::QUICK, R::THREADS))?;
        // `run` checks that the numbers agree with each other.
        let report = run(module, &config)?;
        ensure!(*report.config() == config, "other settings");
        ensure!(!report.outcome().failed(), "{}", report.outcome());
        let text = module.dir().report()?;
        ensure!(text.ends_with('\n') && text.is_ascii(), "{text:?}");
    }
    Ok(())
}

fn stays<R: Subject>(module: &Module<R>) -> Result<()> {
    run(module, &R::quick())?;
    let before = module.dir().report()?;
    module.start(&R::endless())?;
    for _ in 0..20 {
        ensure!(module.dir().report()? == before, "changed during a run");
        sleep(Duration::from_millis(5));
    }
    ensure!(module.dir().status()?.state == State::Running);
    halt(module)?;
    ensure!(module.dir().report()? != before, "not replaced after it");
    Ok(())
}

fn stays_on_config<R: Subject>(module: &Module<R>) -> Result<()> {
    run(module, &R::quick())?;
    let before = module.dir().report()?;
    module.dir().set(&R::endless().to_string())?;
    let after = module.dir().report()?;
    ensure!(after == before, "changed by a write to config: {after}");
    Ok(())
}

fn is_replaced<R: Subject>(module: &Module<R>) -> Result<()> {
    for number in 1..=3 {
        let found = run(module, &R::quick())?.totals().run;
        ensure!(found == number, "run {found}, not {number}");
    }
    Ok(())
}

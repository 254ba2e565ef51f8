// SPDX-License-Identifier: GPL-2.0

//! One line of the input.

use std::path::Path;

use anyhow::{anyhow, bail};
use debugfs::{
    Bottleneck, Interrupt, JobRunner, LockLoad, Module, Record, Report, Settings, SloppyCounter,
};

/// Runs `settings` on `module` and gives the record.
pub fn run(
    root: &Path,
    module: &str,
    settings: &str,
    seq: u64,
    interrupt: &Interrupt,
) -> anyhow::Result<String> {
    match module {
        LockLoad::MODULE => run_on::<LockLoad>(root, settings, seq, interrupt),
        SloppyCounter::MODULE => run_on::<SloppyCounter>(root, settings, seq, interrupt),
        JobRunner::MODULE => run_on::<JobRunner>(root, settings, seq, interrupt),
        Bottleneck::MODULE => run_on::<Bottleneck>(root, settings, seq, interrupt),
        _ => bail!(
            "`{module}`: no such module; a line begins with one of: {} {} {} {}",
            LockLoad::MODULE,
            SloppyCounter::MODULE,
            JobRunner::MODULE,
            Bottleneck::MODULE
        ),
    }
}

fn run_on<R: Report>(
    root: &Path,
    settings: &str,
    seq: u64,
    interrupt: &Interrupt,
) -> anyhow::Result<String> {
    let mut config = R::Config::here().map_err(|why| anyhow!("{why}"))?;
    config
        .take(settings, u32::MAX)
        .map_err(|refusal| anyhow!("{refusal}"))?;
    let report = Module::<R>::open(root)?.run(&config, interrupt)?;
    Ok(serde_json::to_string(&Record::new(seq, &report))?)
}

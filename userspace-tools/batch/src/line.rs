// SPDX-License-Identifier: GPL-2.0

//! Run of one line of the input.

use std::path::Path;

use anyhow::{anyhow, bail};
use debugfs::{Interrupt, Module};
use results::{for_module, unknown, AnyReport, Record, Report, Settings};

/// Runs `settings` on `module` and returns the record.
pub fn run(
    root: &Path,
    module: &str,
    settings: &str,
    seq: usize,
    interrupt: &Interrupt,
) -> anyhow::Result<Record> {
    for_module!(
        module,
        run_on(root, settings, seq, interrupt),
        bail!("{}", unknown(module))
    )
}

fn run_on<R: Report + Into<AnyReport>>(
    root: &Path,
    settings: &str,
    seq: usize,
    interrupt: &Interrupt,
) -> anyhow::Result<Record> {
    let mut config = R::Config::here().map_err(|why| anyhow!("{why}"))?;
    config
        .take(settings, u32::MAX)
        .map_err(|refusal| anyhow!("{refusal}"))?;
    let report = Module::<R>::open(root)?.run(&config, interrupt)?;
    Ok(Record::new(seq, report))
}

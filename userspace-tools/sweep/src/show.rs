// SPDX-License-Identifier: GPL-2.0

//! `sweep show`: the tables of a result directory again, from its records alone.

use crate::{
    cli::Show as Args,
    loaded::Loaded,
    say::say,
    summary::Summary, //
};

/// Prints them; whether every run is there and came out as it must.
pub fn show(args: &Args) -> anyhow::Result<bool> {
    let Loaded {
        experiment,
        provenance,
        records,
        incomplete,
    } = Loaded::read(&args.dir)?;
    let summary = Summary::new(&experiment, &provenance, &records, incomplete)?;
    if args.json {
        say(format_args!("{:#}", summary.json(&args.dir)))?;
    } else {
        say(summary.text().trim_end())?;
    }
    Ok(summary.holds())
}

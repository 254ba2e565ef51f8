// SPDX-License-Identifier: GPL-2.0

//! `sweep show`: the tables of a result directory again, from its records alone.

pub mod export;
pub mod html;
pub mod summary;
pub mod table;
pub mod watch;

use crate::{
    cli::{Gate, Show as Args},
    console::exit::Ended,
    console::say::say,
    judge::ci::Outcome,
    show::summary::Summary,
    store::loaded::Loaded,
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
    if args.charts && !args.json {
        say(format_args!("\n{}", summary.charts()))?;
    }
    Ok(summary.holds())
}

/// Judges a result again: every part's oracle and every rule, a line each.
pub fn gate(args: &Gate) -> anyhow::Result<Ended> {
    let loaded = Loaded::read(&args.dir)?;
    let Loaded {
        experiment,
        provenance,
        records,
        incomplete,
    } = loaded;
    let summary = Summary::new(&experiment, &provenance, &records, incomplete)?;
    let cases = summary.verdicts();
    args.write.write(&experiment.name, &cases)?;
    for case in &cases {
        let word = match case.outcome {
            Outcome::Passed => "ok           ",
            Outcome::Failed => "BROKEN       ",
            Outcome::Unknown => "inconclusive ",
        };
        say(format_args!("{word} {}  {}", case.name, case.text))?;
    }
    Ok(summary.ended())
}

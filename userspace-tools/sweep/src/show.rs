// SPDX-License-Identifier: GPL-2.0

//! `sweep show`: the tables of a result directory again, from its records alone.

use crate::{
    cli::Show as Args,
    experiment::Experiment,
    provenance::Provenance,
    results,
    say::say,
    summary::Summary,
    Usage, //
};

/// Prints them; whether every run is there and came out as it must.
pub fn show(args: &Args) -> anyhow::Result<bool> {
    let dir = &args.dir;
    if !dir.join(results::EXPERIMENT).is_file() {
        let hint = "no result directory; `make demo` makes one in build/results/";
        return Err(Usage(format!("{}: {hint}", dir.display())).into());
    }
    let mut experiment = Experiment::read(&dir.join(results::EXPERIMENT))?;
    let provenance = Provenance::read(dir)?;
    experiment.guest = provenance.guest.clone();
    experiment.repeats = provenance.repeats;
    let records = results::records(dir)?;
    let summary = Summary::new(&experiment, &provenance, &records, results::incomplete(dir))?;
    if args.json {
        say(format_args!("{:#}", summary.json(dir)))?;
    } else {
        say(summary.text().trim_end())?;
    }
    Ok(summary.holds())
}

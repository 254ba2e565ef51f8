// SPDX-License-Identifier: GPL-2.0

//! What comes of a whole result: tables, figures and gates are written, and the mark is taken away.

use crate::{
    console::exit::Ended,
    console::say::say,
    judge::{figures, gate, oracle},
    plan::experiment::Experiment,
    run::Args,
    show::html,
    show::summary::Summary,
    store::directory::{self, Results},
    store::provenance::Provenance,
    store::record::Record,
};

/// Sums up a result that is whole.
pub fn complete(
    experiment: &Experiment,
    mut origin: Provenance,
    results: &Results,
    records: &[Record],
) -> anyhow::Result<(Provenance, Ended)> {
    let broken = !oracle::faults(experiment, records)?.is_empty();
    let gates = gate::judge(experiment, records)?;
    let ended = gate::ended(&gates).max(Ended::from(!broken));
    origin.outcome = match ended {
        Ended::Held => "held",
        Ended::Inconclusive => "inconclusive",
        Ended::Broken => "broken",
    }
    .into();
    let summary = Summary::new(experiment, &origin, records, None)?;
    results.write(directory::SUMMARY, &summary.text())?;
    let figures = serde_json::to_string_pretty(&summary.figures())?;
    results.write(figures::FILE, &figures)?;
    origin.write(results)?;
    results.complete()?;
    Ok((origin, ended))
}

/// The same, and says it.
pub fn finish(
    args: &Args,
    experiment: &Experiment,
    origin: Provenance,
    results: &Results,
    records: &[Record],
) -> anyhow::Result<Ended> {
    let (origin, ended) = complete(experiment, origin, results, records)?;
    results.publish()?;
    let summary = Summary::new(experiment, &origin, records, None)?;
    args.write.write(&experiment.name, &summary.verdicts())?;
    if args.report {
        html::write(std::slice::from_ref(&results.dir), None)?;
    }
    if args.json {
        say(format_args!("{:#}", summary.json(&results.dir)))?;
    } else {
        say(format_args!(
            "{}results: {}",
            summary.text(),
            results.dir.display()
        ))?;
    }
    Ok(ended)
}

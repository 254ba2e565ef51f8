// SPDX-License-Identifier: GPL-2.0

//! End of a run: evaluates a complete result once, writes what it says and removes its mark.

use crate::{
    console::say::say,
    judge::{evaluation::Evaluation, figures, verdict::Verdict},
    plan::experiment::Experiment,
    run::Args,
    show::html,
    show::summary::Summary,
    store::directory::{self, Results},
    store::loaded::Loaded,
    store::provenance::Provenance,
    store::record::Record,
};

/// Evaluates a complete result and writes its summary, figures and provenance.
pub fn complete<'a>(
    experiment: &'a Experiment,
    origin: &mut Provenance,
    results: &Results,
    records: &[Record],
) -> anyhow::Result<Evaluation<'a>> {
    let evaluation = Evaluation::new(experiment, origin, records, None)?;
    origin.outcome = evaluation.verdict().to_string();
    results.write(
        directory::SUMMARY,
        &Summary::new(&evaluation, origin).text(),
    )?;
    let figures = serde_json::to_string_pretty(&evaluation.figures)?;
    results.write(figures::FILE, &figures)?;
    origin.write(results)?;
    results.complete()?;
    Ok(evaluation)
}

/// The same, and prints it.
pub fn finish(args: &Args, mut loaded: Loaded, results: &Results) -> anyhow::Result<Verdict> {
    let origin = &mut loaded.provenance;
    let evaluation = complete(&loaded.experiment, origin, results, &loaded.records)?;
    results.publish()?;
    let summary = Summary::new(&evaluation, &loaded.provenance);
    let name = &loaded.experiment.name;
    args.write.write(name, &evaluation.cases())?;
    if args.report {
        html::write(&loaded, &results.dir, &evaluation)?;
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
    Ok(evaluation.verdict())
}

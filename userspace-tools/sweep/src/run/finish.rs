// SPDX-License-Identifier: GPL-2.0

//! End of a run: evaluates a complete result once, writes its summary and removes its mark.

use anyhow::anyhow;

use crate::{
    console::stdout::print_line,
    judge::{evaluation::Evaluation, figures, verdict::Verdict},
    plan::experiment::Experiment,
    show::{ci::Write, html, json::json, summary},
    store::{
        directory::{self, Results},
        loaded::Loaded,
        provenance::Provenance,
        record::Record,
    },
};

/// What is printed and written at the end of a run.
#[derive(clap::Args, Debug, Default)]
pub struct Output {
    /// Write report.html into the result directory too.
    #[arg(long)]
    pub report: bool,
    /// Files for build servers.
    #[command(flatten)]
    pub write: Write,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Evaluates a complete result and writes its summary, figures and provenance.
pub fn complete<'a>(
    experiment: &'a Experiment,
    origin: &mut Provenance,
    results: &Results,
    records: &[Record],
) -> anyhow::Result<Evaluation<'a>> {
    let evaluation = Evaluation::new(experiment, origin, records, None)?;
    origin.outcome = evaluation.verdict().to_string();
    results.write(directory::SUMMARY, &summary::text(&evaluation, origin))?;
    let figures = serde_json::to_string_pretty(&evaluation.figures)?;
    results.write(figures::FILE, &figures)?;
    origin.write(results)?;
    results.complete()?;
    results.publish()?;
    Ok(evaluation)
}

/// The same, and prints it.
pub fn finish(output: &Output, mut loaded: Loaded, results: &Results) -> anyhow::Result<Verdict> {
    let origin = &mut loaded.provenance;
    let evaluation = complete(&loaded.experiment, origin, results, &loaded.records);
    let evaluation = evaluation.map_err(|error| {
        let dir = results.dir.display();
        anyhow!("cannot complete {dir}: {error:#}. Try: sweep run --resume {dir}")
    })?;
    let name = &loaded.experiment.name;
    output.write.write(name, &evaluation.cases())?;
    if output.report {
        html::write(&loaded, &results.dir, &evaluation)?;
    }
    let (provenance, dir) = (&loaded.provenance, &results.dir);
    if output.json {
        print_line(format_args!("{:#}", json(&evaluation, provenance, dir)))?;
    } else {
        let text = summary::text(&evaluation, provenance);
        print_line(format_args!("{text}results: {}", dir.display()))?;
    }
    Ok(evaluation.verdict())
}

// SPDX-License-Identifier: GPL-2.0

//! Claims checked by measurement: `sweep evidence` for the project's own claims, and `sweep seed`
//! for those of a source document.
//!
//! A file names steps, which are experiments, or commands in guests or on the host, and claims, which are
//! rules over the steps' figures. Each step runs once; each claim then gets a verdict.

pub mod again;
mod cause;
mod check;
mod commands;
mod figure;
mod file;
mod machine;
mod measure;
mod program;
mod records;
mod step;
mod text;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use serde_json::{json, Value};
use vm_record::{image_directory, TierChoice};

use self::{
    check::{check_all, Checked},
    file::ClaimFile,
    step::{StepResult, Steps},
};
use crate::{
    console::{numbers::seconds, stderr, stdout::print_line},
    judge::verdict::Verdict,
    store::directory::{Results, ROOT, SCHEMA},
    store::host::StealTime,
    store::origin::Origin,
};

/// Copy of the claim file in a result directory.
const FILE: &str = "claims.toml";

/// Arguments of `evidence`.
#[derive(clap::Args, Debug)]
pub struct EvidenceArgs {
    /// Claim files: their names in scripts/claims/ without `.toml`; all of them by default.
    pub what: Vec<String>,
    /// Directory of claim files.
    #[arg(long, default_value = "scripts/claims")]
    pub claims: PathBuf,
    /// Only these steps of one claim file, and the claims that they measure.
    #[arg(long, value_delimiter = ',', requires = "what")]
    pub step: Vec<String>,
    /// Where the verdicts go.
    #[command(flatten)]
    pub output: Output,
}

/// Arguments of `seed`.
#[derive(clap::Args, Debug)]
pub struct SeedArgs {
    /// Source document: the name of its file in scripts/seeds/ without `.toml`.
    pub seed: String,
    /// Directory of source documents' claims.
    #[arg(long, default_value = "scripts/seeds")]
    pub seeds: PathBuf,
    /// Where the verdicts go.
    #[command(flatten)]
    pub output: Output,
}

/// Where verdicts on claims go.
#[derive(clap::Args, Debug)]
pub struct Output {
    /// Parent of result directories.
    #[arg(long, default_value = ROOT)]
    pub results: PathBuf,
    /// Print JSON instead of lines.
    #[arg(long)]
    pub json: bool,
    /// Write a bundle of the result beside it too, as `sweep bundle` does.
    #[arg(long)]
    pub bundle: bool,
}

/// Checks the claims of the project, and gives the verdict and the result directory of each file to `done`;
/// returns the worst verdict.
pub fn evidence(
    args: &EvidenceArgs,
    done: impl Fn((Verdict, PathBuf)) -> anyhow::Result<Verdict>,
) -> anyhow::Result<Verdict> {
    let names = match args.what.is_empty() {
        true => file::names(&args.claims),
        false => args.what.clone(),
    };
    let files: Vec<ClaimFile> = names
        .iter()
        .map(|name| ClaimFile::read(&args.claims, name)?.only(&args.step))
        .collect::<anyhow::Result<_>>()?;
    let verdicts = names.iter().zip(&files).map(|(name, file)| {
        let result = run("evidence", name, file, &args.output)?;
        stderr::print_line(format_args!("evidence of {name}: {}", result.0));
        done(result)
    });
    let verdicts: Vec<Verdict> = verdicts.collect::<anyhow::Result<_>>()?;
    Ok(Verdict::worst(verdicts))
}

/// The same for the claims of a source document.
pub fn seed(args: &SeedArgs) -> anyhow::Result<(Verdict, PathBuf)> {
    let file = ClaimFile::read(&args.seeds, &args.seed)?;
    run("seed", &args.seed, &file, &args.output)
}

fn run(
    kind: &str,
    name: &str,
    file: &ClaimFile,
    output: &Output,
) -> anyhow::Result<(Verdict, PathBuf)> {
    let results = Results::create(&output.results, &format!("{kind}-{name}"))?;
    let (began, steal) = (Instant::now(), StealTime::begin());
    let origin = Origin::begin(&image_directory(TierChoice::Auto, None));
    let steps = run_steps(file, &results.dir)?;
    let facts = file.facts();
    let checked = check_all(&file.claims, &steps, &facts, file.document.is_some());
    let verdict = verdict(file, &steps, &checked);
    let text = text::text(name, file, &checked) + &text::faults(&steps);
    let mut json = json(kind, name, file, &steps, &checked);
    json["machine"] = json!(facts);
    json["provenance"] = json!(origin.end(&steal));
    results.write(FILE, &file.text)?;
    results.write(&format!("{kind}.json"), &format!("{json:#}\n"))?;
    results.write(&format!("{kind}.txt"), &text)?;
    results.complete()?;
    match output.json {
        true => print_line(format_args!("{json:#}"))?,
        false => print_line(format_args!(
            "{text}\n{} in all; logs: {}",
            seconds(began.elapsed()),
            results.dir.display()
        ))?,
    }
    Ok((verdict, results.dir.clone()))
}

fn run_steps(file: &ClaimFile, results: &Path) -> anyhow::Result<Steps> {
    let steps = file.steps.iter().map(|step| {
        let result = step.run(results);
        let result = result.with_context(|| format!("step `{}`", step.name))?;
        Ok((step.name.clone(), result))
    });
    steps.collect()
}

/// The verdict on all claims, and on runs that no claim is about: one that hung is a figure of nothing. A document's
/// claim that is contradicted here is an answer, not a fault of the project.
fn verdict(file: &ClaimFile, steps: &Steps, checked: &[Checked]) -> Verdict {
    let faults = steps.values().filter_map(StepResult::faults);
    let faults = faults.map(|(_, verdict)| verdict);
    let answered = |verdict| match (&file.document, verdict) {
        (None, _) | (_, Verdict::NotMeasured) => verdict,
        (Some(_), _) => Verdict::Pass,
    };
    let claims = checked.iter().map(|claim| answered(claim.verdict));
    Verdict::worst(claims.chain(faults))
}

fn json(kind: &str, name: &str, file: &ClaimFile, steps: &Steps, checked: &[Checked]) -> Value {
    json!({
        "schema": SCHEMA, kind: name, "document": file.document,
        "verdict": verdict(file, steps, checked), "counts": text::counts(checked), "claims": checked, "steps": steps,
    })
}

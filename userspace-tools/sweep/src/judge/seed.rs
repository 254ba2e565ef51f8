// SPDX-License-Identifier: GPL-2.0

//! `sweep seed`: takes a document about scalability at its word, claim by claim, on this machine.

mod answer;
mod document;
mod text;

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use self::{
    answer::{answer, Answer, Verdict},
    document::Document,
};
use crate::{
    console::human::seconds,
    console::say::say,
    judge::evidence,
    store::directory::{Results, ROOT, SCHEMA},
    store::provenance::Git,
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Source document: the name of its file in scripts/seeds/ without `.toml`.
    pub seed: String,
    /// Directory of source documents' claims.
    #[arg(long, default_value = "scripts/seeds")]
    pub seeds: PathBuf,
    /// Parent of result directories.
    #[arg(long, default_value = ROOT)]
    pub results: PathBuf,
    /// Print JSON instead of lines.
    #[arg(long)]
    pub json: bool,
}

/// Runs the document's cases and prints its claims; whether each got an answer.
pub fn seed(args: &Args) -> anyhow::Result<bool> {
    let document = Document::read(&args.seeds, &args.seed)?;
    let results = Results::create(&args.results, &format!("seed-{}", args.seed))?;
    let began = Instant::now();
    let outcomes = evidence::take(&document.steps, &results.dir)?;
    let claims = document.claims.iter();
    let answers: Vec<Answer> = claims.map(|claim| answer(claim, &outcomes)).collect();
    let answered = !answers
        .iter()
        .any(|answer| answer.verdict == Verdict::NotMeasured);
    let text = text::text(&args.seed, &document, &answers);
    let json = json!({
        "schema": SCHEMA, "seed": args.seed, "document": document.about, "git": Git::here(),
        "answered": answered, "claims": answers, "steps": outcomes,
    });
    results.write("seed.json", &format!("{json:#}\n"))?;
    results.write("seed.txt", &text)?;
    results.complete()?;
    if args.json {
        say(format_args!("{json:#}"))?;
    } else {
        say(format_args!(
            "{text}\n{} in all; logs: {}",
            seconds(began.elapsed()),
            results.dir.display()
        ))?;
    }
    Ok(answered)
}

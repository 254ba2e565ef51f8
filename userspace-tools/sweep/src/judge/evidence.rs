// SPDX-License-Identifier: GPL-2.0

//! `sweep evidence`: measures every claim of a file and says of each whether it holds.

mod claim;
mod figure;
pub mod rule;
pub mod step;
mod verdict;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use serde_json::json;

pub use self::{claim::names, verdict::number};
use self::{
    claim::Claims,
    step::{Outcome, Step},
    verdict::{judge, Judged},
};
use crate::{
    console::human::seconds,
    console::say::say,
    store::directory::{Results, ROOT},
    store::provenance::Git,
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Claim file: its name in scripts/claims/ without `.toml`.
    pub what: String,
    /// Directory of claim files.
    #[arg(long, default_value = "scripts/claims")]
    pub claims: PathBuf,
    /// Parent of result directories.
    #[arg(long, default_value = ROOT)]
    pub results: PathBuf,
    /// Only these steps and the claims that they measure.
    #[arg(long, value_delimiter = ',')]
    pub step: Vec<String>,
    /// Print JSON instead of lines.
    #[arg(long)]
    pub json: bool,
}

/// Measures them; whether all hold.
pub fn evidence(args: &Args) -> anyhow::Result<bool> {
    let claims = Claims::read(&args.claims, &args.what)?.only(&args.step)?;
    let results = Results::create(&args.results, &format!("evidence-{}", args.what))?;
    let began = Instant::now();
    let outcomes = take(&claims.steps, &results.dir)?;
    let judged: Vec<Judged> = claims
        .claims
        .iter()
        .map(|claim| judge(claim, &outcomes))
        .collect();
    let text = verdict::table(&claims.title, &judged);
    let holds = judged.iter().all(|judged| !judged.fails());
    let json = json!({
        "schema": crate::store::directory::SCHEMA, "what": args.what, "git": Git::here(),
        "holds": holds, "claims": judged, "steps": outcomes,
    });
    results.write("evidence.json", &format!("{json:#}\n"))?;
    results.write("evidence.txt", &text)?;
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
    Ok(holds)
}

/// Takes the steps, one after another, and gives what came of each by its name.
pub fn take(steps: &[Step], results: &Path) -> anyhow::Result<BTreeMap<String, Outcome>> {
    let mut outcomes = BTreeMap::new();
    for step in steps {
        let outcome = step.run(results);
        let outcome = outcome.with_context(|| format!("step `{}`", step.name))?;
        outcomes.insert(step.name.clone(), outcome);
    }
    Ok(outcomes)
}

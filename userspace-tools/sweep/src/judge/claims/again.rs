// SPDX-License-Identifier: GPL-2.0

//! Two measurements of the same claims: which verdicts differ.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use crate::{
    console::{stdout::print_line, table::plain, usage::Usage},
    judge::verdict::Verdict,
    store::directory,
};

/// The verdicts of one measurement.
#[derive(Debug, Deserialize)]
struct Measured {
    claims: Vec<Claim>,
    counts: Value,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Claim {
    text: String,
    #[serde(default)]
    place: String,
    verdict: Verdict,
    measured: Option<String>,
}

/// A claim whose verdict differs.
#[derive(Debug, Serialize)]
struct Differs {
    text: String,
    before: Claim,
    after: Claim,
}

/// The file of verdicts in `dir`, of the project's claims or of a source document's, if it has one.
pub fn file(dir: &Path) -> Option<PathBuf> {
    let files = ["evidence.json", "seed.json"].map(|name| dir.join(name));
    files.into_iter().find(|file| file.is_file())
}

/// Compares the verdicts in two directories: FAIL if any went from PASS to FAIL or back, INCONCLUSIVE if one was
/// reached in one of them alone.
pub fn compare(before: &Path, after: &Path, as_json: bool) -> anyhow::Result<Verdict> {
    let (one, other) = (read(before)?, read(after)?);
    let names = |of: &Measured| -> Vec<(String, String)> {
        let claims = of.claims.iter();
        claims
            .map(|claim| (claim.place.clone(), claim.text.clone()))
            .collect()
    };
    if names(&one) != names(&other) {
        let (before, after) = (before.display(), after.display());
        let why = "they are of other claims. Try: two results of one claim file";
        return Err(Usage(format!("cannot compare {before} and {after}: {why}")).into());
    }
    let pairs = one.claims.iter().zip(&other.claims);
    let differ = pairs.filter(|(a, b)| a.verdict != b.verdict);
    let differ: Vec<Differs> = differ
        .map(|(a, b)| Differs {
            text: a.text.clone(),
            before: a.clone(),
            after: b.clone(),
        })
        .collect();
    let verdict = verdict(&differ);
    let all = one.claims.len();
    match as_json {
        true => {
            let counts = [&one.counts, &other.counts];
            let json =
                json!({ "claims": all, "counts": counts, "differ": differ, "verdict": verdict });
            print_line(format_args!("{json:#}"))?;
        }
        false => print_line(text(&one, &other, &differ))?,
    }
    Ok(verdict)
}

fn verdict(differ: &[Differs]) -> Verdict {
    let contradicts = |one: &Differs| {
        let both = [one.before.verdict, one.after.verdict];
        both.contains(&Verdict::Pass) && both.contains(&Verdict::Fail)
    };
    match differ {
        [] => Verdict::Pass,
        some if some.iter().any(contradicts) => Verdict::Fail,
        _ => Verdict::Inconclusive,
    }
}

fn text(one: &Measured, other: &Measured, differ: &[Differs]) -> String {
    let shown = |claim: &Claim| match &claim.measured {
        Some(measured) => format!("{}: {measured}", claim.verdict),
        None => claim.verdict.to_string(),
    };
    let rows = differ
        .iter()
        .map(|one| [one.text.clone(), shown(&one.before), shown(&one.after)]);
    let table = match differ {
        [] => String::new(),
        _ => plain(["claim", "before", "after"], rows).trim_fmt() + "\n\n",
    };
    let count = |of: &Measured| Verdict::count(of.claims.iter().map(|claim| claim.verdict));
    let (before, after) = (count(one), count(other));
    format!(
        "{table}before: {before}\nafter:  {after}\n{} of {} verdicts differ",
        differ.len(),
        one.claims.len()
    )
}

fn read(dir: &Path) -> anyhow::Result<Measured> {
    let cannot = || format!("cannot read the verdicts in {}", dir.display());
    if let Some(why) = directory::incomplete(dir) {
        anyhow::bail!("{}: {why}", cannot());
    }
    let file = file(dir).with_context(cannot)?;
    let text = fs::read_to_string(file).with_context(cannot)?;
    serde_json::from_str(&text).with_context(cannot)
}

// SPDX-License-Identifier: GPL-2.0

//! `sweep merge`: shards of one plan, run on several machines, merged into one result.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{bail, Context};
use serde_json::{json, Value};

use crate::{
    console::stdout::print_line,
    console::usage::Usage,
    judge::verdict::Verdict,
    plan::{runs::Plan, shard::Shard},
    run::finish::complete,
    show::summary,
    store::check,
    store::directory::ROOT,
    store::directory::{self, Results},
    store::loaded::Loaded,
    store::record::Record,
    store::runs::Runs,
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directories of all shards.
    #[arg(required = true)]
    pub shards: Vec<PathBuf>,
    /// Parent of the merged result directory.
    #[arg(long, default_value = ROOT)]
    pub results: PathBuf,
}

/// Merges the shards; refuses those that differ where they must be equal.
pub fn merge(args: &Args) -> anyhow::Result<Verdict> {
    let shards: Vec<Loaded> = args
        .shards
        .iter()
        .map(|dir| Loaded::complete(dir, "merge"))
        .collect::<anyhow::Result<_>>()?;
    check(args, &shards).map_err(Usage)?;
    let first = &shards[0];
    let results = Results::create(&args.results, &first.experiment.name)?;
    let text = read(&args.shards[0], directory::EXPERIMENT)?;
    results.write(directory::EXPERIMENT, &text)?;
    let mut origin = first.provenance.clone();
    origin.shard = Shard::default();
    for shard in &shards[1..] {
        origin.retried += shard.provenance.retried;
        origin.boots.extend(shard.provenance.boots.iter().cloned());
    }
    let mut records: Vec<Record> = shards
        .iter()
        .flat_map(|shard| shard.records.clone())
        .collect();
    records.sort_by_key(|record| record.run.seq);
    // Every machine that boots a guest warms it up.
    records.dedup_by_key(|record| record.run.seq);
    if let Some(plan) = whole(&shards) {
        results.write(directory::PLAN, &plan.text())?;
        results.write(directory::PLAN_JSON, &serde_json::to_string(&plan)?)?;
        if let Some(why) = check::incomplete(Some(&plan), &records) {
            bail!("cannot merge: {why}");
        }
    }
    let mut runs = Runs::open(&results.dir)?;
    for record in records {
        runs.append(record)?;
    }
    let evaluation = complete(&first.experiment, &mut origin, &results, runs.records())?;
    let text = summary::text(&evaluation, &origin);
    print_line(format_args!("{text}results: {}", results.dir.display()))?;
    Ok(evaluation.verdict())
}

/// The plan that the shards are parts of; none if a shard, of an older version, has none.
fn whole(shards: &[Loaded]) -> Option<Plan> {
    let plans: Option<Vec<&Plan>> = shards.iter().map(|shard| shard.plan.as_ref()).collect();
    let plans = plans?;
    let mut whole = Plan {
        boots: Vec::new(),
        shard: Shard::default(),
        ..(*plans.first()?).clone()
    };
    for boot in plans.iter().flat_map(|plan| &plan.boots) {
        match whole.boots.iter_mut().find(|one| one.number == boot.number) {
            Some(one) => one.runs.extend(boot.runs.iter().cloned()),
            None => whole.boots.push(boot.clone()),
        }
    }
    whole.boots.sort_by_key(|boot| boot.number);
    for boot in &mut whole.boots {
        boot.runs.sort_by_key(|run| run.seq);
        boot.runs.dedup_by_key(|run| run.seq);
    }
    Some(whole)
}

fn read(dir: &Path, file: &str) -> anyhow::Result<String> {
    let path = dir.join(file);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// What must be equal in all shards, by name.
fn identity(dir: &Path, shard: &Loaded) -> Result<Vec<(&'static str, Value)>, String> {
    let origin = &shard.provenance;
    let text = read(dir, directory::EXPERIMENT).map_err(|error| format!("{error:#}"))?;
    Ok(vec![
        ("the experiment", json!(text)),
        ("the schema", json!(origin.schema)),
        ("the guests", json!(origin.guest)),
        ("the repeats", json!(origin.repeats)),
        ("the seed", json!(origin.seed)),
        ("the number of shards", json!(origin.shard.n)),
        ("the commit", json!(origin.git.commit)),
        ("whether the tree was modified", json!(origin.git.dirty)),
        ("the tier", json!(origin.tier())),
        ("the guest's kernel", json!(origin.kernel())),
        ("QEMU", json!(origin.qemu())),
        ("the host's CPU", json!(origin.host_cpu())),
        ("the number of host CPUs", json!(origin.cpus.count())),
    ])
}

/// A value without quotes.
fn written(value: &Value) -> String {
    let text = value.as_str().map(str::to_string);
    text.unwrap_or_else(|| value.to_string())
}

fn check(args: &Args, shards: &[Loaded]) -> Result<(), String> {
    let name = |i: usize| args.shards[i].display();
    for (i, shard) in shards.iter().enumerate() {
        let first = identity(&args.shards[0], &shards[0])?;
        let mine = identity(&args.shards[i], shard)?;
        for ((what, wanted), (_, had)) in first.iter().zip(&mine) {
            if wanted != had {
                let (wanted, had) = (written(wanted), written(had));
                return Err(format!(
                    "cannot merge: {what} must be equal ({} has {wanted}, {} has {had})",
                    name(0),
                    name(i)
                ));
            }
        }
    }
    let n = shards[0].provenance.shard.n;
    for i in 1..=n {
        let mine = shards.iter().filter(|shard| shard.provenance.shard.i == i);
        match mine.count() {
            1 => {}
            0 => return Err(format!("cannot merge: shard {i}/{n} is missing")),
            _ => {
                return Err(format!(
                    "cannot merge: shard {i}/{n} is there more than once"
                ))
            }
        }
    }
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! `sweep run`: from an experiment's file to a result directory and its tables.

use std::{
    fs,
    time::Duration, //
};

use serde_json::Value;

use crate::{
    cli::Run as Args,
    drive::{
        self,
        Driven, //
    },
    experiment::Experiment,
    figures,
    human::seconds,
    plan::Plan,
    provenance::{
        self,
        Git,
        Provenance, //
    },
    results::{
        self,
        Results, //
    },
    summary::Summary,
    times::{
        Clock,
        Times,
        STARTED, //
    },
    Usage,
};

/// Runs it; whether every run came out as it must.
pub fn run(args: &Args) -> anyhow::Result<bool> {
    let clock = Clock::start(std::env::var(STARTED).ok().as_deref());
    let mut experiment = Experiment::read(&args.file)?;
    let usage = |why: String| Usage(format!("{}: {why}", args.file.display()));
    experiment.repeats = args.repeats.unwrap_or(experiment.repeats);
    experiment.guest.tier = args.tier.clone().unwrap_or(experiment.guest.tier);
    experiment.guest.cpus = args.cpus.clone().unwrap_or(experiment.guest.cpus);
    experiment.check().map_err(usage)?;
    let plan = Plan::new(&experiment).map_err(usage)?;
    let cpus = provenance::cpus(&experiment.guest.cpus).map_err(usage)?;
    if args.dry_run {
        return Ok(dry_run(&plan));
    }
    if cpus.len() < experiment.guest.min_cpus as usize {
        let (had, wanted) = (cpus.len(), experiment.guest.min_cpus);
        return Err(usage(format!("{had} host CPUs, but it needs {wanted} at least")).into());
    }
    let results = Results::create(&args.results, &experiment.name)?;
    results.write(results::EXPERIMENT, &fs::read_to_string(&args.file)?)?;
    results.write(results::PLAN, &plan.text())?;
    let timeout = args.timeout.map_or(
        plan.estimate() * 5 + Duration::from_secs(60),
        Duration::from_secs,
    );
    let list = provenance::list(&cpus);
    let mut origin = origin(
        &experiment,
        cpus,
        drive::command(&experiment.guest, &list, timeout, &results),
    );
    let about = format!(
        "{} runs, about {}",
        plan.runs.len(),
        seconds(plan.estimate())
    );
    eprintln!(
        "sweep: {}: {about}; results in {}",
        experiment.name,
        results.dir.display()
    );
    let driven = drive::drive(&origin.vm_command, &plan, &results);
    origin.vm = provenance::vm_record(&results.dir);
    match driven {
        Ok(driven) => finish(args, &experiment, origin, results, &clock, &driven),
        Err(error) => {
            let why = format!("{error:#}");
            origin.outcome = why.clone();
            origin.times = clock.read(Duration::ZERO, &origin.vm);
            results.write(provenance::FILE, &serde_json::to_string_pretty(&origin)?)?;
            results.mark(&why)?;
            Err(error.context(format!("{} is incomplete", results.dir.display())))
        }
    }
}

fn dry_run(plan: &Plan) -> bool {
    print!("{}", plan.text());
    let about = seconds(plan.estimate());
    println!(
        "# {} runs in one boot, about {about} if nothing else wants the CPUs",
        plan.runs.len()
    );
    true
}

fn origin(experiment: &Experiment, cpus: Vec<u32>, vm_command: Vec<String>) -> Provenance {
    Provenance {
        schema: results::SCHEMA,
        experiment: experiment.name.clone(),
        started: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
        git: Git::here(),
        guest: experiment.guest.clone(),
        repeats: experiment.repeats,
        ratio: f64::from(experiment.guest.vcpus) / cpus.len().max(1) as f64,
        cpus,
        command: std::env::args().collect(),
        vm_command,
        times: Times::default(),
        outcome: "under way".into(),
        vm: Value::Null,
    }
}

fn finish(
    args: &Args,
    experiment: &Experiment,
    mut origin: Provenance,
    results: Results,
    clock: &Clock,
    driven: &Driven,
) -> anyhow::Result<bool> {
    let holds = Summary::new(experiment, &origin, &driven.records, None)?.holds();
    origin.outcome = if holds { "held" } else { "broken" }.into();
    origin.times = clock.read(driven.wall, &origin.vm);
    let summary = Summary::new(experiment, &origin, &driven.records, None)?;
    let text = summary.text();
    results.write(results::SUMMARY, &text)?;
    results.write(
        figures::FILE,
        &serde_json::to_string_pretty(&summary.figures())?,
    )?;
    results.write(provenance::FILE, &serde_json::to_string_pretty(&origin)?)?;
    results.complete()?;
    results.publish()?;
    let dir = results.dir;
    if args.json {
        println!("{:#}", summary.json(&dir));
    } else {
        println!("{text}results: {}", dir.display());
    }
    Ok(holds)
}

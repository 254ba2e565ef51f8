// SPDX-License-Identifier: GPL-2.0

//! `sweep run`: from an experiment's file to a result directory and its tables.

use std::{
    fs,
    time::{
        Duration,
        Instant, //
    },
};

use serde_json::Value;

use crate::{
    cli::Run as Args,
    drive,
    experiment::Experiment,
    figures,
    human::seconds,
    judge,
    plan::Plan,
    provenance::{
        self,
        Git,
        Provenance, //
    },
    record::Record,
    results::{
        self,
        Results, //
    },
    say::say,
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
    let usage = |why: String| Usage(format!("{}: {why}", args.file.display()));
    let experiment = experiment(args)?;
    let plan = Plan::new(&experiment).map_err(usage)?;
    if args.dry_run {
        return dry_run(&plan);
    }
    let cpus = provenance::cpus(&experiment.guest.cpus).map_err(usage)?;
    let (had, wanted) = (cpus.len(), experiment.guest.min_cpus);
    if had < wanted as usize {
        let why = format!("{had} host CPUs, but it needs {wanted} at least");
        return Err(usage(why).into());
    }
    let results = Results::create(&args.results, &experiment.name)?;
    results.write(results::EXPERIMENT, &fs::read_to_string(&args.file)?)?;
    results.write(results::PLAN, &plan.text())?;
    let about = seconds(plan.estimate());
    let dir = results.dir.display();
    let (name, runs) = (&experiment.name, plan.runs.len());
    eprintln!("sweep: {name}: {runs} runs, about {about}; results in {dir}");
    let timeout = plan.estimate() * 5 + Duration::from_secs(60);
    let timeout = args.timeout.map_or(timeout, Duration::from_secs);
    let list = provenance::list(&cpus);
    let command = drive::command(&experiment.guest, &list, timeout, &results);
    let mut origin = origin(&experiment, cpus, command);
    let began = Instant::now();
    let driven = drive::drive(&origin.vm_command, &plan, &results);
    origin.vm = provenance::vm_record(&results.dir);
    origin.times = clock.read(began.elapsed(), &origin.vm);
    match driven {
        Ok(records) => finish(args, &experiment, origin, &results, &records),
        Err(error) => Err(give_up(error, origin, &results)?),
    }
}

/// The experiment as its file and the command line say.
fn experiment(args: &Args) -> anyhow::Result<Experiment> {
    let mut experiment = Experiment::read(&args.file)?;
    experiment.repeats = args.repeats.unwrap_or(experiment.repeats);
    experiment.guest.tier = args.tier.clone().unwrap_or(experiment.guest.tier);
    experiment.guest.cpus = args.cpus.clone().unwrap_or(experiment.guest.cpus);
    let checked = experiment.check();
    checked.map_err(|why| Usage(format!("{}: {why}", args.file.display())))?;
    Ok(experiment)
}

/// Leaves what there is, marked as incomplete; gives the reason.
fn give_up(
    error: anyhow::Error,
    mut origin: Provenance,
    results: &Results,
) -> anyhow::Result<anyhow::Error> {
    origin.outcome = format!("{error:#}");
    results.mark(&origin.outcome)?;
    results.write(provenance::FILE, &serde_json::to_string_pretty(&origin)?)?;
    Ok(error.context(format!("{} is incomplete", results.dir.display())))
}

fn dry_run(plan: &Plan) -> anyhow::Result<bool> {
    let about = seconds(plan.estimate());
    say(format_args!(
        "{}# {} runs in one boot, about {about} if nothing else wants the CPUs",
        plan.text(),
        plan.runs.len()
    ))?;
    Ok(true)
}

fn origin(experiment: &Experiment, cpus: Vec<u32>, vm_command: Vec<String>) -> Provenance {
    Provenance {
        schema: results::SCHEMA,
        experiment: experiment.name.clone(),
        started: results::now(),
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
    results: &Results,
    records: &[Record],
) -> anyhow::Result<bool> {
    let holds = judge::faults(experiment, records)?.is_empty();
    origin.outcome = if holds { "held" } else { "broken" }.into();
    let summary = Summary::new(experiment, &origin, records, None)?;
    let (text, figures) = (summary.text(), summary.figures());
    results.write(results::SUMMARY, &text)?;
    results.write(figures::FILE, &serde_json::to_string_pretty(&figures)?)?;
    results.write(provenance::FILE, &serde_json::to_string_pretty(&origin)?)?;
    results.complete()?;
    results.publish()?;
    if args.json {
        say(format_args!("{:#}", summary.json(&results.dir)))?;
    } else {
        say(format_args!("{text}results: {}", results.dir.display()))?;
    }
    Ok(holds)
}

// SPDX-License-Identifier: GPL-2.0

//! `sweep run`: from an experiment's file to a result directory and its tables.

mod driver;
mod finish;
pub mod merge;
mod vm;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context;

use crate::{
    console::exit::Usage,
    console::human::seconds,
    console::progress::Progress,
    console::say::say,
    judge::ci::Write,
    judge::verdict::Verdict,
    plan::experiment::Experiment,
    plan::runs::Plan,
    plan::shard::Shard,
    run::driver::{missing, Driver},
    run::finish::finish,
    store::directory::ROOT,
    store::directory::{self, Results, Runs},
    store::loaded,
    store::loaded::Loaded,
    store::provenance::{self, Git, Provenance},
    store::times::{Clock, Times, STARTED},
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Experiments, TOML files; see scripts/experiments/.
    pub files: Vec<PathBuf>,
    /// Continue the interrupted result in this directory.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "shard", "seed", "repeats", "tier", "cpus"])]
    pub resume: Option<PathBuf>,
    /// Run only shard I of N, for `sweep merge`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Seed of the order of runs; the result records it, given or drawn.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Write report.html into the result directory too.
    #[arg(long)]
    pub report: bool,
    /// Files for build servers.
    #[command(flatten)]
    pub write: Write,
    /// Print the plan and its estimated time; boot nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Execution tier in place of the experiment's: auto, kvm, tcg or nested.
    #[arg(long)]
    pub tier: Option<String>,
    /// Host CPUs for the guest in place of the experiment's: `all`, or a list as 0,2-3.
    #[arg(long)]
    pub cpus: Option<String>,
    /// Repeats in place of the experiment's.
    #[arg(long)]
    pub repeats: Option<u32>,
    /// Time limit of one guest boot in seconds; by default five times the estimate and a minute.
    #[arg(long)]
    pub timeout: Option<u64>,
    /// Parent of result directories.
    #[arg(long, default_value = ROOT)]
    pub results: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Runs every file; the worst of what came of them.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    if let Some(dir) = &args.resume {
        return resume(args, dir);
    }
    if args.files.is_empty() {
        let why = "no experiment; they are in scripts/experiments/, or see --resume";
        return Err(Usage(why.into()).into());
    }
    let mut ended = Verdict::Pass;
    for file in &args.files {
        ended = ended.max(one(args, file)?);
    }
    Ok(ended)
}

fn one(args: &Args, file: &Path) -> anyhow::Result<Verdict> {
    let clock = Clock::start(std::env::var(STARTED).ok().as_deref());
    let usage = |why: String| Usage(format!("{}: {why}", file.display()));
    let experiment = experiment(args, file)?;
    let cpus = provenance::cpus(&experiment.guest.cpus).map_err(usage)?;
    let mut plan = Plan::new(&experiment, &cpus, seed(args, &experiment)).map_err(usage)?;
    plan.cut(args.shard.unwrap_or_default()).map_err(usage)?;
    if args.dry_run {
        return dry_run(&plan);
    }
    let (had, wanted) = (cpus.len(), experiment.guest.min_cpus);
    if had < wanted as usize {
        let why = format!("{had} host CPUs, but it needs {wanted} at least");
        return Err(usage(why).into());
    }
    let results = Results::create(&args.results, &experiment.name)?;
    results.write(directory::EXPERIMENT, &fs::read_to_string(file)?)?;
    results.write(directory::PLAN, &plan.text())?;
    results.write(directory::PLAN_JSON, &serde_json::to_string(&plan)?)?;
    let origin = origin(&experiment, &plan, cpus);
    origin.write(&results)?;
    go(args, &experiment, &plan, &results, origin, &clock)
}

/// Goes on with what was interrupted: the same plan, those of its runs that have no record.
fn resume(args: &Args, dir: &Path) -> anyhow::Result<Verdict> {
    let clock = Clock::start(None);
    let (experiment, origin) = loaded::head(dir)?;
    if directory::incomplete(dir).is_none() {
        let why = "is complete; there is nothing to go on with";
        return Err(Usage(format!("{}: {why}", dir.display())).into());
    }
    let path = dir.join(directory::PLAN_JSON);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let plan: Plan = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    if args.dry_run {
        return dry_run(&plan);
    }
    go(
        args,
        &experiment,
        &plan,
        &Results::resume(dir),
        origin,
        &clock,
    )
}

/// Boots whatever has runs without a record, and sums up.
fn go(
    args: &Args,
    experiment: &Experiment,
    plan: &Plan,
    results: &Results,
    mut origin: Provenance,
    clock: &Clock,
) -> anyhow::Result<Verdict> {
    results.mark(directory::UNDER_WAY)?;
    let runs = Runs::open(&results.dir)?;
    let (all, had) = (plan.runs().count(), runs.records().len());
    let about = seconds(plan.estimate());
    let already = if had > 0 {
        format!(", {had} of them made")
    } else {
        String::new()
    };
    eprintln!(
        "sweep: {}: {all} runs in {}{already}, about {about} in all, seed {}; results in {}",
        experiment.name,
        boots(plan),
        plan.seed,
        results.dir.display()
    );
    let mut driver = Driver {
        results,
        progress: Progress::begin(all, had),
        timeout: args.timeout.map(Duration::from_secs),
        runs,
    };
    for boot in &plan.boots {
        if missing(boot, driver.runs.records()).runs.is_empty() {
            continue;
        }
        let (done, booted) = driver.boot(boot);
        origin.booted(booted);
        origin.times = clock.read(origin.boots.iter().map(|b| (b.seconds, b.vm.as_ref())));
        if let Err(error) = done {
            driver.progress.end();
            return Err(give_up(error, origin, results)?);
        }
        origin.write(results)?;
    }
    driver.progress.end();
    let loaded = Loaded {
        experiment: experiment.clone(),
        provenance: origin,
        records: driver.runs.records().to_vec(),
        incomplete: None,
    };
    finish(args, loaded, results)
}

/// The experiment as its file and the command line say.
fn experiment(args: &Args, file: &Path) -> anyhow::Result<Experiment> {
    use crate::plan::guests::Many;
    let mut experiment = Experiment::read(file)?;
    experiment.repeats = args.repeats.unwrap_or(experiment.repeats);
    if let Some(tier) = &args.tier {
        experiment.guest.tier = Many::One(tier.clone());
    }
    experiment.guest.cpus = args.cpus.clone().unwrap_or(experiment.guest.cpus);
    let checked = experiment.check();
    checked.map_err(|why| Usage(format!("{}: {why}", file.display())))?;
    Ok(experiment)
}

/// The parts of one plan must draw the same order, whichever machine draws it.
fn seed(args: &Args, experiment: &Experiment) -> u64 {
    let given = args.seed.or(experiment.seed);
    let drawn = match args.shard {
        Some(_) => 1,
        None => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.map_or(1, |now| u64::from(now.subsec_nanos()))
        }
    };
    given.unwrap_or(drawn)
}

/// Leaves what there is, marked as incomplete; gives the reason.
fn give_up(
    error: anyhow::Error,
    mut origin: Provenance,
    results: &Results,
) -> anyhow::Result<anyhow::Error> {
    origin.outcome = format!("{error:#}");
    results.mark(&origin.outcome)?;
    origin.write(results)?;
    let dir = results.dir.display();
    Ok(error.context(format!(
        "{dir} is incomplete; `sweep run --resume {dir}` goes on with it"
    )))
}

fn dry_run(plan: &Plan) -> anyhow::Result<Verdict> {
    let about = seconds(plan.estimate());
    let mut text = plan.text();
    if plan.boots.len() > 1 {
        text.clear();
        for boot in &plan.boots {
            let (number, guest) = (
                boot.number,
                crate::plan::setting::words(&boot.guest.point()),
            );
            let about = seconds(boot.estimate);
            text += &format!("# boot {number}: {guest}, about {about}\n{}", boot.text());
        }
    }
    if plan.left_out > 0 {
        text += &format!(
            "# {} runs are left out: more threads than vCPUs\n",
            plan.left_out
        );
    }
    say(format_args!(
        "{text}# {} runs in {}, about {about} if nothing else wants the CPUs; seed {}, part {}",
        plan.runs().count(),
        boots(plan),
        plan.seed,
        plan.shard,
    ))?;
    Ok(Verdict::Pass)
}

fn boots(plan: &Plan) -> String {
    match plan.boots.len() {
        1 => "one boot".into(),
        n => format!("{n} boots"),
    }
}

fn origin(experiment: &Experiment, plan: &Plan, cpus: Vec<u32>) -> Provenance {
    let first = plan.boots.first().map(|boot| &boot.guest);
    let ratio = first.map_or(0.0, |guest| {
        let hosts = || provenance::cpus(&guest.cpus).map_or(0, |cpus| cpus.len() as u32);
        let shared = experiment.guest.emulated(&guest.tier).unwrap_or_else(hosts);
        f64::from(guest.vcpus) / f64::from(shared.max(1))
    });
    Provenance {
        schema: directory::SCHEMA,
        experiment: experiment.name.clone(),
        started: directory::now(),
        git: Git::here(),
        guest: experiment.guest.clone(),
        repeats: experiment.repeats,
        seed: plan.seed,
        shard: plan.shard,
        ratio,
        cpus,
        command: std::env::args().collect(),
        vm_command: Vec::new(),
        retried: 0,
        times: Times::default(),
        outcome: "under way".into(),
        vm: None,
        boots: Vec::new(),
    }
}

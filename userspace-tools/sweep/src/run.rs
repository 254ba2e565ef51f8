// SPDX-License-Identifier: GPL-2.0

//! `sweep run`: from an experiment's file to a result directory and its tables.

mod driver;
mod dry_run;
mod execute;
pub mod finish;
mod looks;
pub mod merge;
pub mod vm;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use clap::ValueEnum;
use cpu_list::CpuList;
use vm_record::TierChoice;

use crate::{
    console::usage::Usage,
    judge::verdict::Verdict,
    plan::{experiment::Experiment, runs::Plan, setting::Many, shard::Shard},
    run::{
        dry_run::dry_run,
        execute::Execution,
        finish::{complete, Output},
        looks::Looks,
    },
    store::{
        check,
        directory::{self, Results, RESULTS, ROOT},
        environment::Git,
        loaded::Loaded,
        provenance::Provenance,
        times::{Clock, STARTED},
    },
};

/// Arguments.
#[derive(clap::Args, Debug, Default)]
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
    /// Print the plan and its estimated time; boot nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Execution tier in place of the experiment's.
    #[arg(long)]
    pub tier: Option<TierChoice>,
    /// Host CPUs for the guest in place of the experiment's: `all`, or a list as 0,2-3.
    #[arg(long)]
    pub cpus: Option<String>,
    /// Repeats in place of the experiment's.
    #[arg(long)]
    pub repeats: Option<u32>,
    /// When to end.
    #[command(flatten)]
    pub looks: Looks,
    /// Time limit of one guest boot in seconds; by default five times the estimate and a minute.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub timeout: Option<u64>,
    /// Parent of result directories.
    #[arg(long, env = RESULTS, default_value = ROOT)]
    pub results: PathBuf,
    /// What is printed and written at the end.
    #[command(flatten)]
    pub output: Output,
}

/// Runs every file; returns the worst verdict.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    if let Some(dir) = &args.resume {
        return resume(args, dir);
    }
    if args.files.is_empty() {
        let why = "cannot run: no experiment. Try: a file in scripts/experiments/, or --resume";
        return Err(Usage(why.into()).into());
    }
    let mut worst = Verdict::Pass;
    for file in &args.files {
        worst = worst.max(start(args, file)?);
    }
    Ok(worst)
}

fn start(args: &Args, file: &Path) -> anyhow::Result<Verdict> {
    let clock = Clock::start(std::env::var(STARTED).ok().as_deref());
    let ready = ready(args, file)?;
    if args.dry_run {
        return dry_run(&ready.plan);
    }
    ready.begin(&args.results, clock)?.run(&args.output)
}

/// Runs an experiment and prints none of its tables; returns the complete result.
pub fn record(file: &Path, args: &Args) -> anyhow::Result<Loaded> {
    let execution = ready(args, file)?.begin(&args.results, Clock::start(None))?;
    let (mut loaded, results) = execution.record()?;
    let origin = &mut loaded.provenance;
    complete(&loaded.experiment, origin, &results, &loaded.records)?;
    Ok(loaded)
}

/// The plan of a file on this host.
fn ready(args: &Args, file: &Path) -> anyhow::Result<Ready> {
    let usage = |why: String| Usage(format!("cannot run {}: {why}", file.display()));
    let mut experiment = experiment(args, file)?;
    let cpus = experiment.guest.host_cpus().map_err(usage)?;
    let guests = experiment.guest.all(&cpus).map_err(usage)?.len();
    let boots = experiment.guest.rounds(guests, experiment.repeats);
    let looks = args.looks.extend(&mut experiment, boots)?;
    let mut plan = Plan::new(&experiment, &cpus, seed(args, &experiment)).map_err(usage)?;
    plan.looks = looks;
    plan.cut(args.shard.unwrap_or_default()).map_err(usage)?;
    let (had, wanted) = (cpus.count(), experiment.guest.min_cpus);
    if had < wanted as usize {
        let why = format!("too few host CPUs ({had}; allowed: {wanted} or more)");
        return Err(usage(why).into());
    }
    Ok(Ready {
        text: fs::read_to_string(file)?,
        experiment,
        plan,
        cpus,
        timeout: args.timeout.map(Duration::from_secs),
    })
}

/// A plan that is about to run.
pub struct Ready {
    /// The experiment's file.
    pub text: String,
    /// The experiment as it is to run.
    pub experiment: Experiment,
    /// Its plan.
    pub plan: Plan,
    /// The host CPUs for it.
    pub cpus: CpuList,
    /// Time limit of one guest boot; by default it follows from the estimate.
    pub timeout: Option<Duration>,
}

impl Ready {
    /// Makes its result directory in `root`.
    fn begin(self, root: &Path, clock: Clock) -> anyhow::Result<Execution> {
        let Self {
            text,
            experiment,
            plan,
            cpus,
            timeout,
        } = self;
        let results = Results::create(root, &experiment.name)?;
        results.write(directory::EXPERIMENT, &text)?;
        results.write(directory::PLAN, &plan.text())?;
        results.write(directory::PLAN_JSON, &serde_json::to_string(&plan)?)?;
        let provenance = Provenance::new(&experiment, &plan, cpus);
        provenance.write(&results)?;
        Ok(Execution {
            experiment,
            plan,
            results,
            provenance,
            clock,
            timeout,
        })
    }
}

/// Runs a plan; returns the verdict and the result directory.
pub fn execute(plan: Ready, root: &Path, output: &Output) -> anyhow::Result<(Verdict, PathBuf)> {
    let execution = plan.begin(root, Clock::start(None))?;
    let dir = execution.results.dir.clone();
    Ok((execution.run(output)?, dir))
}

/// Continues an interrupted result: the same plan, those of its runs that have no record.
fn resume(args: &Args, dir: &Path) -> anyhow::Result<Verdict> {
    let clock = Clock::start(None);
    let Loaded {
        experiment,
        mut provenance,
        plan,
        records,
        incomplete,
    } = Loaded::read(dir)?;
    let wrong = |why: &str| Usage(format!("cannot resume {}: {why}", dir.display()));
    incomplete.ok_or_else(|| wrong("it is complete"))?;
    let plan = plan.ok_or_else(|| wrong("it has no plan.json"))?;
    let results = Results::own(dir)?;
    if let Some(why) = check::contradiction(Some(&plan), &records) {
        return Err(wrong(&format!("{why}. Try: run it again")).into());
    }
    if let Some(why) = provenance.changed() {
        return Err(wrong(&format!("{why}. Try: run it again")).into());
    }
    if args.dry_run {
        return dry_run(&plan);
    }
    let was_dirty = provenance.git.dirty;
    provenance.git.dirty = was_dirty.max(Git::here().dirty);
    let execution = Execution {
        experiment,
        plan,
        results,
        provenance,
        clock,
        timeout: args.timeout.map(Duration::from_secs),
    };
    execution.run(&args.output)
}

/// The experiment of a file, changed as the command line asks.
fn experiment(args: &Args, file: &Path) -> anyhow::Result<Experiment> {
    let mut experiment = Experiment::read(file)?;
    experiment.repeats = args.repeats.unwrap_or(experiment.repeats);
    if let Some(tier) = args.tier.and_then(|tier| tier.to_possible_value()) {
        experiment.guest.tier = Many::One(tier.get_name().into());
    }
    experiment.guest.cpus = args.cpus.clone().unwrap_or(experiment.guest.cpus);
    let checked = experiment.check();
    checked.map_err(|why| Usage(format!("cannot run {}: {why}", file.display())))?;
    Ok(experiment)
}

/// The seed of the order: all shards of a plan need the same.
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

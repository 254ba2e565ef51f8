// SPDX-License-Identifier: GPL-2.0

//! `simulate`: the modules on a simulated machine.

#![forbid(unsafe_code)]

mod cli;
mod commands;

use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, Write},
    path::Path,
    process::ExitCode,
    thread,
};

use abi::{bottleneck, job_runner, lock_load::Config, sloppy_counter};
use anyhow::Context;
use clap::{error::ErrorKind, CommandFactory, Parser};
use cli::{Cli, Command, MachineOptions};
use commands::{
    explore::explore,
    waits::{replay, why},
};
use exit_code::Exit;
use machine::Plan;
use results::{AnyReport, Bottleneck, JobRunner, LockLoad, Record, Report, SloppyCounter};
use simulate::{loads::Simulated, run, trace::Trace};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let checked = cli.command.machine().map(MachineOptions::check);
    if let Some(Err(why)) = checked {
        Cli::command().error(ErrorKind::ValueValidation, why).exit();
    }
    let done = match &cli.command {
        Command::Run { machine, settings } => one(machine, settings),
        Command::Batch { machine } => batch(machine),
        Command::Trace {
            machine,
            out,
            settings,
        } => trace(machine, out, &settings.join(" ")),
        Command::Why {
            machine,
            waits,
            settings,
        } => why(machine, *waits, &settings.join(" ")),
        Command::Replay {
            seed,
            without,
            machine,
            waits,
            settings,
        } => replay(machine, *seed, without, *waits, &settings.join(" ")),
        Command::Explore {
            seeds,
            first,
            jobs,
            subjects,
        } => {
            let jobs = jobs.or_else(|| thread::available_parallelism().ok().map(Into::into));
            explore(
                *first..first.saturating_add(*seeds),
                subjects,
                jobs.unwrap_or(1),
            )
        }
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("simulate: {error:#}");
            Exit::NotMeasured.into()
        }
    }
}

/// Runs one line of settings, of `lock-load` unless it begins with a module's name, and prints its record.
fn one(machine: &MachineOptions, settings: &[String]) -> anyhow::Result<Exit> {
    let line = match settings.first() {
        Some(first) if !first.contains('=') => settings.join(" "),
        _ => format!("{} {}", LockLoad::MODULE, settings.join(" ")),
    };
    let record = record(machine, machine.seed, 0, &line);
    print(&record)?;
    Ok(exit_of(&record))
}

fn print(record: &Record) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(record)?)?;
    out.flush().context("cannot write the record")
}

fn exit_of(record: &Record) -> Exit {
    match record.error() {
        Some(_) => Exit::NotMeasured,
        None => Exit::Pass,
    }
}

/// How far apart the seeds of runs of the same line are: farther than those of different batches.
const NEXT_SEED: u64 = 1 << 32;

/// Runs each line of the standard input, as `batch` does in a guest. The seed of a run depends on the runs of
/// the same line alone, so that in whatever order lines run, each has the same result.
fn batch(machine: &MachineOptions) -> anyhow::Result<Exit> {
    let (mut seq, mut failed) = (0, 0);
    let mut repeats: HashMap<String, u64> = HashMap::new();
    for line in io::stdin().lock().lines() {
        let line = line.context("cannot read the standard input")?;
        let text = line.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        let repeat = repeats.entry(text.into()).or_default();
        let seed = machine.seed.wrapping_add(NEXT_SEED.wrapping_mul(*repeat));
        *repeat += 1;
        let record = record(machine, seed, seq, text);
        print(&record)?;
        failed += usize::from(record.error().is_some());
        seq += 1;
    }
    Ok(if failed > 0 {
        Exit::NotMeasured
    } else {
        Exit::Pass
    })
}

fn trace(machine: &MachineOptions, out: &Path, settings: &str) -> anyhow::Result<Exit> {
    let config: Config = machine.config(settings)?;
    let plan = Plan {
        keeps_log: true,
        ..machine.plan(machine.seed, config.run_ms)?
    };
    let outcome = run(&config, plan, machine.policy(machine.seed))?;
    let trace = Trace::of(&outcome.machine.log, machine.cpus, config.threads);
    let text = serde_json::to_string(&trace)?;
    fs::write(out, text).with_context(|| format!("cannot write {}", out.display()))?;
    eprintln!(
        "{} sections; open {} in ui.perfetto.dev",
        outcome.sections,
        out.display()
    );
    Ok(Exit::Pass)
}

/// The record of a run of this line, a module and its settings.
fn record(machine: &MachineOptions, seed: u64, seq: usize, line: &str) -> Record {
    let (module, settings) = line.split_once(' ').unwrap_or((line, ""));
    match module {
        LockLoad::MODULE => record_of(machine, seed, seq, machine.config(settings)),
        SloppyCounter::MODULE => {
            let config = machine.settings::<sloppy_counter::Config>(settings);
            record_of(machine, seed, seq, config)
        }
        JobRunner::MODULE => {
            let config = machine.settings::<job_runner::Config>(settings);
            record_of(machine, seed, seq, config)
        }
        Bottleneck::MODULE => {
            let config = machine.settings::<bottleneck::Config>(settings);
            record_of(machine, seed, seq, config)
        }
        _ => {
            let allowed = AnyReport::MODULES.join(" ");
            Record::failure(
                seq,
                module,
                format!("cannot simulate {module}: allowed: {allowed}"),
            )
        }
    }
}

fn record_of<S: Simulated>(
    machine: &MachineOptions,
    seed: u64,
    seq: usize,
    config: anyhow::Result<S>,
) -> Record {
    let report = || -> anyhow::Result<S::Report> {
        let config = config?;
        let plan = machine.plan(seed, config.length_ms())?;
        let outcome = config.simulate(plan, machine.policy(seed))?;
        Ok(S::Report::parse(&outcome.report)?)
    };
    match report() {
        Ok(report) => Record::new(seq, report),
        Err(error) => Record::failure(seq, S::Report::MODULE, format!("{error:#}")),
    }
}

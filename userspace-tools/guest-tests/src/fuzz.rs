// SPDX-License-Identifier: GPL-2.0

//! Concurrent processes on all control files of all modules, their replies checked against a model.
//!
//! A plan is a list of operations that a seed determines; process `p` of `P` does those whose
//! number is `p` modulo `P`. Most operations run side by side, and a reply must be one that some
//! order of them allows. Some run alone on their module: their replies, the settings read back and
//! the report are exact. The processes are threads, each with file descriptors of its own.

mod alone;
mod plan;
mod process;
mod settings;
mod target;
mod vcpus;

use std::{
    fs,
    process::exit,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use anyhow::{ensure, Result};
use debugfs::tool::Output;
use exit_code::Exit;
use results::Verdict;

use self::{
    plan::{operation, Operation},
    process::Process,
    settings::Choices,
    target::{of, Target},
};
use crate::{
    kernel_log::KernelLog,
    kernel_module::{be_inserted, be_removed, insert, ALL},
    memory,
    subject::each_subject,
    suite::{list, Found},
    threads,
};

/// An operation that takes longer never ends.
const HANG: Duration = Duration::from_secs(180);
/// Period of the lines of progress.
const PERIOD: Duration = Duration::from_secs(5);

/// Parts of the plan, with a measurement of the memory after each. What leaks is lost in each of them;
/// the kernel's caches of stacks, slabs and per-CPU memory grow in some.
const PARTS: u64 = 4;

/// Options of a run.
#[derive(clap::Args)]
pub struct Options {
    /// Seed of the plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of operations
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    operations: u64,
    /// Number of concurrent processes (threads, each with file descriptors of its own)
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=256))]
    processes: u64,
    /// Stops after that many violations
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    violations: u64,
    /// Takes vCPUs offline and online meanwhile
    #[arg(long)]
    hotplug: bool,
    /// Removes and inserts modules while their files are open
    #[arg(long)]
    unload: bool,
}

/// What all processes share.
struct Fuzz<'a> {
    options: &'a Options,
    targets: Vec<Target>,
    choices: Vec<Choices>,
    /// For each process the number of its operation under way, plus 1; 0 if there is none.
    under_way: Vec<AtomicU64>,
    done: AtomicU64,
    /// Runs whose report was held against their settings.
    reports: AtomicU64,
    violations: AtomicU64,
}

/// Runs the plan; returns the verdict on its replies, the kernel's log, its memory and its completeness.
pub fn run(options: &Options, output: Output) -> Result<Verdict> {
    let mut log = KernelLog::from_now()?;
    for module in ALL {
        be_inserted(module)?;
    }
    let began = Instant::now();
    let (targets, choices) = each_subject!(of()).into_iter().unzip();
    let under_way = (0..options.processes).map(|_| AtomicU64::new(0)).collect();
    let fuzz = Fuzz {
        options,
        targets,
        choices,
        under_way,
        done: AtomicU64::new(0),
        reports: AtomicU64::new(0),
        violations: AtomicU64::new(0),
    };
    let mut free = Vec::new();
    for part in 0..PARTS {
        let [from, to] = [part, part + 1].map(|part| options.operations * part / PARTS);
        fuzz.operations(from, to)?;
        free.push(at_rest()?);
    }
    let found = [
        ("fuzz/replies", Ok(fuzz.replies(began.elapsed()))),
        ("fuzz/kernel_log", log.no_splat().map(Found::from)),
        ("fuzz/memory", memory::flat("fuzz", &free, memory::LOSS)),
        ("fuzz/plan", fuzz.is_complete().map(Found::from)),
    ];
    let seed = options.seed;
    let case = |(name, found): (&str, Result<Found>)| {
        let found = found.unwrap_or_else(Found::from);
        found.with("seed", seed).into_case(name)
    };
    let count = found.len();
    Ok(list(output, count, found.into_iter().map(case)).verdict)
}

impl Fuzz<'_> {
    /// The replies that no order of the operations allows.
    fn replies(&self, took: Duration) -> Found {
        let [done, reports, violations] =
            [&self.done, &self.reports, &self.violations].map(|count| count.load(Relaxed));
        Found::new(format!(
            "fuzz: seed {}, {done} operations, {reports} reports, {violations} violations, {:.0} s",
            self.options.seed,
            took.as_secs_f64()
        ))
        .with("operations", done)
        .with("reports", reports)
        .with("violations", violations)
        .require(violations == 0, format!("{violations} violations"))
    }

    /// Fails unless every operation was done, and half of the planned runs reported.
    fn is_complete(&self) -> Result<()> {
        let Options {
            seed,
            operations,
            unload,
            ..
        } = *self.options;
        let plan = (0..operations).map(|number| operation(seed, number, &self.choices, unload));
        let runs = plan.filter(Operation::is_run).count() as u64;
        let (done, reports) = (self.done.load(Relaxed), self.reports.load(Relaxed));
        let due = runs / 2;
        ensure!(
            done == operations && reports >= due.max(1),
            "expected {operations} operations and {due} reports of {runs} runs or more; \
             came {done} and {reports}"
        );
        Ok(())
    }

    /// Does the operations `from..to` of the plan by all processes at once.
    fn operations(&self, from: u64, to: u64) -> Result<()> {
        let ended = AtomicBool::new(false);
        scope(|scope| {
            let hotplug = self.options.hotplug.then(|| {
                let seed = self.options.seed ^ from;
                let ended = &ended;
                scope.spawn(move || vcpus::toggle(seed, ended))
            });
            let process = |p| scope.spawn(move || self.process(p, from, to));
            let processes: Vec<_> = (0..self.options.processes).map(process).collect();
            self.watch(|| processes.iter().all(|process| process.is_finished()));
            ended.store(true, Relaxed);
            hotplug.map_or(Ok(()), |thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("hotplug panicked")))
            })
        })
    }

    fn process(&self, process: u64, from: u64, to: u64) {
        let Options {
            seed,
            processes,
            unload,
            ..
        } = *self.options;
        let under_way = &self.under_way[process as usize];
        let mut on = Process::new(&self.targets);
        for number in (from..to).filter(|number| number % processes == process) {
            if self.violations.load(Relaxed) >= self.options.violations {
                break;
            }
            let operation = operation(seed, number, &self.choices, unload);
            under_way.store(number + 1, Relaxed);
            let outcome = on.operate(&operation);
            under_way.store(0, Relaxed);
            self.done.fetch_add(1, Relaxed);
            match outcome {
                Ok(reports) => {
                    self.reports.fetch_add(reports, Relaxed);
                }
                Err(why) => self.violation(number, &format!("{why:#}")),
            }
        }
    }

    fn violation(&self, number: u64, why: &str) {
        self.violations.fetch_add(1, Relaxed);
        let Options {
            seed, processes, ..
        } = self.options;
        let process = number % processes;
        eprintln!("violation: seed {seed} operation {number} process {process}: {why}");
    }

    /// Shows progress until all have `ended`; ends the program if one hangs.
    fn watch(&self, ended: impl Fn() -> bool) {
        let began = Instant::now();
        let mut shown = began;
        let mut since: Vec<_> = self.under_way.iter().map(|_| (0, began)).collect();
        while !ended() {
            sleep(Duration::from_millis(50));
            for (under_way, since) in self.under_way.iter().zip(&mut since) {
                let number = under_way.load(Relaxed);
                if number != since.0 {
                    *since = (number, Instant::now());
                } else if number > 0 && since.1.elapsed() > HANG {
                    self.hang(number - 1);
                }
            }
            if shown.elapsed() > PERIOD {
                shown = Instant::now();
                eprintln!(
                    "fuzz: {} of {} operations, {} violations",
                    self.done.load(Relaxed),
                    self.options.operations,
                    self.violations.load(Relaxed)
                );
            }
        }
    }

    /// Reports an operation that hangs, and where every blocked thread is; none can be joined.
    fn hang(&self, number: u64) -> ! {
        let Options { seed, unload, .. } = *self.options;
        let what = operation(seed, number, &self.choices, unload);
        self.violation(
            number,
            &format!("expected a reply within {HANG:?}: {what:?}"),
        );
        let _ = fs::write("/proc/sysrq-trigger", "w");
        let _ = fs::write("/proc/sysrq-trigger", "l");
        sleep(Duration::from_secs(1));
        exit(Exit::Fail.code().into());
    }
}

/// Free memory with all modules as after their insertion.
fn at_rest() -> Result<memory::Memory> {
    for module in ALL {
        be_removed(module)?;
        threads::none_left(module)?;
    }
    let free = memory::free()?;
    for module in ALL {
        insert(module)?;
    }
    Ok(free)
}

// SPDX-License-Identifier: GPL-2.0

//! `check`: tests what counters promise, under folds, interrupts, threshold changes and hotplug.

use std::path::Path;

use abi::sloppy_counter::{Config, Counter, Switch, Work};
use clap::{value_parser, Args};
use debugfs::{tool::say, Interrupt, Module};
use results::{vcpus, Report, SloppyCounter};

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: sloppy-counter check --seconds 10 --only sloppy,refs")]
pub struct Check {
    /// Length of each check, in seconds
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u32).range(1..=900))]
    seconds: u32,
    /// Run these checks only
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = NAMES)]
    only: Vec<String>,
}

/// The names of the checks.
const NAMES: [&str; 9] = [
    "busted",
    "exact",
    "percpu_exact",
    "sloppy",
    "hierarchical",
    "refs",
    "ids",
    "limit",
    "many",
];

/// The settings of a check.
fn config(name: &str, seconds: u32) -> Config {
    let usual = Config {
        threads: vcpus(),
        fold_ms: 10,
        run_ms: seconds * 1000,
        ..Config::default()
    };
    let work = match name {
        "refs" => Work::Refs,
        "ids" => Work::Ids,
        "limit" => Work::Limit,
        "many" => Work::Many,
        _ => {
            let counter = name.parse().unwrap_or(Counter::Sloppy);
            return Config {
                counter,
                audit: Switch::On,
                threshold: 256,
                irq_ms: 7,
                change_ms: if counter == Counter::Sloppy { 130 } else { 0 },
                onoff_ms: if vcpus() > 1 { 300 } else { 0 },
                ..usual
            };
        }
    };
    Config {
        work,
        objects: if work == Work::Many { 10_000 } else { 1000 },
        ..usual
    }
}

impl Check {
    /// Runs the checks in order; returns whether one failed.
    pub fn obey(self, root: &Path) -> anyhow::Result<bool> {
        let (module, interrupt) = (Module::<SloppyCounter>::open(root)?, Interrupt::catch()?);
        let mut failed = false;
        let wanted = |name: &&str| self.only.is_empty() || self.only.iter().any(|n| n == name);
        for name in NAMES.into_iter().filter(wanted) {
            let report = module.run(&config(name, self.seconds), &interrupt)?;
            failed |= report.outcome().failed();
            say(&format!(
                "{name:13} {:17} {}",
                report.outcome(),
                figures(&report)
            ))?;
        }
        Ok(failed)
    }
}

/// The figures of a check, in a line.
fn figures(report: &SloppyCounter) -> String {
    let sum = &report.sum;
    match (&report.audit, &report.check) {
        (Some(audit), _) => format!(
            "samples={} broken={} worst={} bound={} folds={} changes={} deaths={} interrupts={} \
             adds={} lost={}",
            audit.samples,
            audit.broken,
            audit.worst,
            audit.bound,
            audit.folds,
            audit.changes,
            audit.deaths,
            audit.interrupts,
            sum.adds,
            report.lost()
        ),
        (_, Some(check)) => format!(
            "cycles={} due={} seen={} wrong={} refused={} allowed={}",
            check.cycles, check.due, check.seen, check.wrong, check.refused, check.allowed
        ),
        _ => sum.to_string(),
    }
}

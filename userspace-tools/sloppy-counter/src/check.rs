// SPDX-License-Identifier: GPL-2.0

//! `check`: tests what counters promise, under folds, interrupts, threshold changes and hotplug.

use std::path::Path;

use abi::sloppy_counter::Config;
use anyhow::anyhow;
use clap::{builder::PossibleValuesParser, value_parser, Args};
use debugfs::{tool::say, Interrupt, Module};
use results::{vcpus, Report, Settings, SloppyCounter};

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: sloppy-counter check --seconds 10 --only sloppy,refs")]
pub struct Check {
    /// Length of each check, in seconds
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u32).range(1..=900))]
    seconds: u32,
    /// Run these checks only
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = names())]
    only: Vec<String>,
}

/// The name of each check, and its settings beside the common ones.
const CHECKS: [(&str, &str); 9] = [
    ("busted", "counter=busted audit=on"),
    ("exact", "counter=exact audit=on"),
    ("percpu_exact", "counter=percpu_exact audit=on"),
    ("sloppy", "counter=sloppy audit=on change_ms=130"),
    ("hierarchical", "counter=hierarchical audit=on"),
    ("refs", "work=refs"),
    ("ids", "work=ids"),
    ("limit", "work=limit"),
    ("many", "work=many objects=10000"),
];

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(CHECKS.map(|(name, _)| name))
}

/// The settings of a check: all vCPUs, folds, and for audited counters interrupts and hotplug.
fn config(settings: &str, seconds: u32) -> anyhow::Result<Config> {
    let audited = settings.contains("audit=on");
    let mut config = Config {
        threads: vcpus(),
        fold_ms: 10,
        run_ms: seconds * 1000,
        threshold: if audited { 256 } else { 64 },
        irq_ms: if audited { 7 } else { 0 },
        onoff_ms: if audited && vcpus() > 1 { 300 } else { 0 },
        ..Config::default()
    };
    let taken = config.take(settings, vcpus());
    taken.map_err(|refusal| anyhow!("{refusal}"))?;
    Ok(config)
}

impl Check {
    /// Runs the checks in order; returns whether one failed.
    pub fn obey(self, root: &Path) -> anyhow::Result<bool> {
        let (module, interrupt) = (Module::<SloppyCounter>::open(root)?, Interrupt::catch()?);
        let mut failed = false;
        let wanted = |name: &str| self.only.is_empty() || self.only.iter().any(|n| n == name);
        for (name, settings) in CHECKS.into_iter().filter(|(name, _)| wanted(name)) {
            let report = module.run(&config(settings, self.seconds)?, &interrupt)?;
            let outcome = report.outcome();
            failed |= outcome.failed();
            say(&format!("{name:13} {outcome:17} {}", figures(&report)))?;
        }
        Ok(failed)
    }
}

/// The figures of a check, in a line.
fn figures(report: &SloppyCounter) -> String {
    match (&report.audit, &report.check) {
        (Some(audit), _) => format!("{audit} adds={} lost={}", report.sum.adds, report.lost()),
        (_, Some(check)) => check.to_string(),
        _ => report.sum.to_string(),
    }
}

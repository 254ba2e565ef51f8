// SPDX-License-Identifier: GPL-2.0

//! `check`: tests what counters promise, under folds, interrupts, threshold changes and hotplug.

use std::path::Path;

use abi::sloppy_counter::Config;
use anyhow::anyhow;
use clap::{builder::PossibleValuesParser, value_parser, Args};
use debugfs::{
    tool::{no_table, Checks, Output},
    Interrupt, Module,
};
use results::{vcpus, Case, Outcome, Report, Settings, SloppyCounter, Verdict};

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: sloppy-counter check --seconds 10 --only sloppy,refs --json")]
pub struct Check {
    /// Length of each check, in seconds
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u32).range(1..=900))]
    seconds: u32,
    /// Run these checks only
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = names())]
    only: Vec<String>,
    #[command(flatten)]
    output: Output,
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

/// Attempts of an inconclusive check, each twice as long as the one before.
const ATTEMPTS: u32 = 3;
/// The longest run.
const LONGEST_MS: u32 = 900_000;

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
    /// Runs the checks in order.
    pub fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        let module = Checks::open::<SloppyCounter>(self.output, root)?;
        let interrupt = Interrupt::catch()?;
        let wanted = |name: &str| self.only.is_empty() || self.only.iter().any(|n| n == name);
        let checks = CHECKS.into_iter().filter(|(name, _)| wanted(name));
        let mut shown = Checks::begin(self.output, checks.clone().count())?;
        for (name, settings) in checks {
            shown.now(name);
            let report = run(&module, config(settings, self.seconds)?, &interrupt)?;
            let case = case(name, &report);
            let word = match case.verdict == report.outcome().verdict() {
                true => report.outcome().to_string(),
                false => case.verdict.to_string(),
            };
            let line = format!("{name:13} {word:17} {}", case.text);
            shown.add(case, &line)?;
        }
        Ok(shown.end(no_table)?.verdict)
    }
}

/// Runs `config`, repeatedly if that is inconclusive.
fn run(
    module: &Module<SloppyCounter>,
    mut config: Config,
    interrupt: &Interrupt,
) -> debugfs::Result<SloppyCounter> {
    let mut report = module.run(&config, interrupt)?;
    for _ in 1..ATTEMPTS {
        let open = matches!(
            verdict(&report),
            Verdict::Inconclusive | Verdict::NotMeasured
        );
        if !open || config.run_ms > LONGEST_MS / 2 {
            break;
        }
        config.run_ms *= 2;
        report = module.run(&config, interrupt)?;
    }
    Ok(report)
}

/// The verdict on a run: a promise that held is INCONCLUSIVE without all that was to disturb it.
fn verdict(report: &SloppyCounter) -> Verdict {
    match (report.outcome(), unseen(report)) {
        (Outcome::Pass, Some(_)) => Verdict::Inconclusive,
        (outcome, _) => outcome.verdict(),
    }
}

/// The first of the disturbances that did not come.
fn unseen(report: &SloppyCounter) -> Option<&'static str> {
    let (audit, config) = (report.audit.as_ref()?, &report.config);
    let each = [
        ("fold", config.fold_ms, audit.folds),
        ("change of the threshold", config.change_ms, audit.changes),
        ("vCPU offline", config.onoff_ms, audit.deaths),
        ("addition in an interrupt", config.irq_ms, audit.interrupts),
    ];
    let unseen = each.iter().find(|(_, ms, seen)| *ms > 0 && *seen == 0);
    unseen.map(|(what, ..)| *what)
}

/// The verdict and the figures of a check.
fn case(name: &str, report: &SloppyCounter) -> Case {
    let text = match (verdict(report), unseen(report)) {
        (Verdict::Inconclusive, Some(what)) => format!("no {what}; {}", figures(report)),
        _ => figures(report),
    };
    let case = Case::new(name, verdict(report), text);
    match (&report.audit, &report.check) {
        (Some(audit), _) => {
            let lost = report.lost() as i64;
            let case = case.with_all(audit);
            case.with("adds", report.sum.adds).with("lost", lost)
        }
        (_, Some(check)) => {
            let mut case = case.with_all(check);
            // `allowed` is a text in every list.
            case.figures.remove("allowed");
            case.with("refusals_allowed", check.allowed)
        }
        _ => case.with_all(&report.sum),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_that_was_not_disturbed_is_inconclusive() {
        let mut report = results::fixture!(SloppyCounter, "sloppy-counter.audit");
        report.config.onoff_ms = 300;
        assert_eq!(report.outcome(), Outcome::Pass);
        assert_eq!(verdict(&report), Verdict::Inconclusive);
        assert!(case("sloppy", &report)
            .text
            .starts_with("no vCPU offline; "));
        report.config.onoff_ms = 0;
        assert_eq!(verdict(&report), Verdict::Pass);
    }
}

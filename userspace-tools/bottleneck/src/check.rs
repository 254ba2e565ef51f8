// SPDX-License-Identifier: GPL-2.0

//! `check`: validates every variant of every bottleneck, and that the oracles catch `busted`.

use std::path::Path;

use abi::bottleneck::{Config, Facts, Kind, Variant};
use anyhow::anyhow;
use clap::{builder::PossibleValuesParser, value_parser, Args};
use debugfs::{
    tool::{no_table, Checks, Output},
    Interrupt, Module,
};
use results::{vcpus, Bottleneck, Case, Outcome, Report, Settings, Verdict};

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: bottleneck check --only mount_lookup,ids --run-ms 1000")]
pub struct Check {
    /// Length of each run, in ms
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u32).range(1..=60_000))]
    run_ms: u32,
    /// Threads, bound to as many vCPUs [default: all]
    #[arg(long, value_parser = value_parser!(u32).range(1..))]
    threads: Option<u32>,
    /// Only these bottlenecks
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = PossibleValuesParser::new(Kind::NAMES))]
    only: Vec<String>,
    #[command(flatten)]
    output: Output,
}

/// Attempts of an inconclusive run, each twice as long as the one before.
const ATTEMPTS: u32 = 5;

impl Check {
    /// Runs all.
    pub fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        let module = Checks::open::<Bottleneck>(self.output, root)?;
        let interrupt = Interrupt::catch()?;
        let wanted = |facts: &&Facts| {
            let only = &self.only;
            only.is_empty() || only.iter().any(|name| name == facts.kind.name())
        };
        let each = Facts::all().filter(wanted).map(|facts| self.configs(facts));
        let configs = each.collect::<anyhow::Result<Vec<_>>>()?.concat();
        let mut checks = Checks::begin(self.output, configs.len())?;
        for config in configs {
            checks.now(&name(&config));
            let report = run(&module, config, &interrupt)?;
            checks.add(case(&report), &line(&report))?;
        }
        Ok(checks.end(no_table)?.verdict)
    }

    /// Returns every variant with each of its [`Facts::locks`].
    fn configs(&self, facts: &Facts) -> anyhow::Result<Vec<Config>> {
        let mut usual = Config {
            case: facts.kind,
            threads: self.threads.unwrap_or_else(vcpus),
            run_ms: self.run_ms,
            ..Config::default()
        };
        let taken = usual.take(facts.check, vcpus());
        taken.map_err(|refusal| anyhow!("{}: {refusal}", facts.kind))?;
        let each = facts.variants.iter().flat_map(|&variant| {
            facts.locks(variant).iter().map(move |&lock| Config {
                variant,
                lock,
                ..usual
            })
        });
        Ok(each.collect())
    }
}

/// Runs `config`, repeatedly if the run is inconclusive.
fn run(
    module: &Module<Bottleneck>,
    mut config: Config,
    interrupt: &Interrupt,
) -> debugfs::Result<Bottleneck> {
    let mut report = module.run(&config, interrupt)?;
    for _ in 1..ATTEMPTS {
        let inconclusive = matches!(
            report.outcome(),
            Outcome::NotCaught | Outcome::Inconclusive | Outcome::NotMeasured
        );
        if !inconclusive {
            break;
        }
        config.run_ms *= 2;
        report = module.run(&config, interrupt)?;
    }
    Ok(report)
}

/// The check's name: bottleneck, variant and, if it has one, spinlock.
fn name(config: &Config) -> String {
    let (case, variant) = (config.case, config.variant);
    format!("{case}/{variant} {}", lock(config))
        .trim_end()
        .into()
}

/// The spinlock of a variant that has one.
fn lock(config: &Config) -> &'static str {
    let has_lock = config.case.facts().locked.contains(&config.variant);
    if has_lock {
        config.lock.name()
    } else {
        ""
    }
}

/// The verdict and the figures of a run.
fn case(report: &Bottleneck) -> Case {
    let (config, sum) = (&report.config, &report.sum);
    let case = Case::new(name(config), report.outcome().verdict(), measured(report))
        .with("case", config.case.name())
        .with("variant", config.variant.name())
        .with("threads", config.threads)
        .with("run_ms", config.run_ms)
        .with("ops", sum.ops)
        .with("wrong", sum.wrong)
        .with("findings", serde_json::json!(report.findings));
    match lock(config) {
        "" => case,
        lock => case.with("lock", lock),
    }
}

/// A run as a line of text.
fn line(report: &Bottleneck) -> String {
    let config = &report.config;
    let name = format!("{}/{}", config.case, config.variant);
    let (lock, outcome) = (lock(config), report.outcome());
    format!("{name:24} {lock:9} {outcome:17} {}", measured(report))
}

/// Operations, and the errors or the values that were due.
fn measured(report: &Bottleneck) -> String {
    let found = match (report.sum.wrong, report.config.variant) {
        (0, Variant::Busted) => "no error seen".into(),
        (0, _) => due(report),
        _ => report.wrongs(),
    };
    format!("ops={} {found}", report.sum.ops).trim_end().into()
}

/// Returns the values that were due, as seen.
fn due(report: &Bottleneck) -> String {
    let each = report.findings.iter().filter(|finding| finding.due > 0);
    let words = each.map(|finding| format!("{}={}", finding.name, finding.seen));
    words.collect::<Vec<_>>().join(" ")
}

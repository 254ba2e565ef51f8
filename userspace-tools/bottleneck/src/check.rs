// SPDX-License-Identifier: GPL-2.0

//! `check`: validates every variant of every bottleneck, and that the oracles catch `busted`.

use std::path::Path;

use abi::bottleneck::{Config, Facts, Kind, Variant};
use anyhow::anyhow;
use clap::{builder::PossibleValuesParser, value_parser, Args};
use debugfs::{tool::say, Interrupt, Module};
use results::{vcpus, Bottleneck, Outcome, Record, Report, Settings};

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
    /// Print one JSON record per line for each run
    #[arg(long)]
    json: bool,
}

/// Attempts of an inconclusive run, each twice as long as the one before.
const ATTEMPTS: u32 = 5;

impl Check {
    /// Runs all; returns whether one failed.
    pub fn obey(self, root: &Path) -> anyhow::Result<bool> {
        let (module, interrupt) = (Module::<Bottleneck>::open(root)?, Interrupt::catch()?);
        let wanted = |facts: &&Facts| {
            let only = &self.only;
            only.is_empty() || only.iter().any(|name| name == facts.kind.name())
        };
        let (mut failed, mut seq) = (0, 0);
        for facts in Facts::all().filter(wanted) {
            for config in self.configs(facts)? {
                let report = run(&module, config, &interrupt)?;
                failed += usize::from(report.outcome().failed());
                match self.json {
                    true => say(&Record::new(seq, report).to_json())?,
                    false => say(&line(&report))?,
                }
                seq += 1;
            }
        }
        if !self.json {
            say(&format!("{} passed, {failed} failed", seq - failed))?;
        }
        Ok(failed > 0)
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
        let inconclusive = matches!(report.outcome(), Outcome::NotCaught | Outcome::Skip);
        if !inconclusive || config.threads == 1 {
            break;
        }
        config.run_ms *= 2;
        report = module.run(&config, interrupt)?;
    }
    Ok(report)
}

/// Returns the result of a run, as a line.
fn line(report: &Bottleneck) -> String {
    let config = &report.config;
    let (case, variant, lock) = (config.case, config.variant, config.lock);
    let has_lock = case.facts().locked.contains(&variant);
    let lock = if has_lock { lock.name() } else { "" };
    let name = format!("{case}/{variant}");
    let wrong = match (report.sum.wrong, variant) {
        (0, Variant::Busted) => "no error seen".into(),
        (0, _) => due(report),
        _ => report.wrongs(),
    };
    let (outcome, ops) = (report.outcome(), report.sum.ops);
    let line = format!("{name:24} {lock:9} {outcome:17} ops={ops} {wrong}");
    line.trim_end().into()
}

/// Returns the values that were due, as seen.
fn due(report: &Bottleneck) -> String {
    let each = report.findings.iter().filter(|finding| finding.due > 0);
    let words = each.map(|finding| format!("{}={}", finding.name, finding.seen));
    words.collect::<Vec<_>>().join(" ")
}

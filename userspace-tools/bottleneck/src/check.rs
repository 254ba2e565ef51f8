// SPDX-License-Identifier: GPL-2.0

//! `check`: what every variant of every case promises, and that `busted` is caught.

use std::path::Path;

use abi::bottleneck::{About, Config, Variant, CASES};
use anyhow::anyhow;
use clap::{value_parser, Args};
use debugfs::{tool::say, Interrupt, Module};
use results::{vcpus, Bottleneck, Outcome, Record, Report, Settings};

use crate::versus::cases;

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
    /// Only these cases
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = cases())]
    only: Vec<String>,
    /// Print each run as one record of JSON on a line of its own
    #[arg(long)]
    json: bool,
}

/// A run in which nothing could be seen is made again, each time twice as long.
const TRIES: u32 = 5;

impl Check {
    /// Runs them one after the other; whether one failed.
    pub fn obey(self, root: &Path) -> anyhow::Result<bool> {
        let (module, interrupt) = (Module::<Bottleneck>::open(root)?, Interrupt::catch()?);
        let wanted = |about: &&About| {
            let only = &self.only;
            only.is_empty() || only.iter().any(|name| name == about.case.name())
        };
        let (mut failed, mut seq) = (0, 0);
        for about in CASES.iter().filter(wanted) {
            for config in self.configs(about)? {
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

    /// Every variant, with each lock if it has one; `busted` with the one that lets most happen.
    fn configs(&self, about: &About) -> anyhow::Result<Vec<Config>> {
        let mut usual = Config {
            case: about.case,
            threads: self.threads.unwrap_or_else(vcpus),
            run_ms: self.run_ms,
            ..Config::default()
        };
        let taken = usual.take(about.check, vcpus());
        taken.map_err(|refusal| anyhow!("{}: {refusal}", about.case))?;
        let each = about.variants.iter().flat_map(|&variant| {
            about.locks(variant).iter().map(move |&lock| Config {
                variant,
                lock,
                ..usual
            })
        });
        Ok(each.collect())
    }
}

fn run(
    module: &Module<Bottleneck>,
    mut config: Config,
    interrupt: &Interrupt,
) -> debugfs::Result<Bottleneck> {
    let mut report = module.run(&config, interrupt)?;
    for _ in 1..TRIES {
        let nothing = matches!(report.outcome(), Outcome::NotCaught | Outcome::Skip);
        if !nothing || config.threads == 1 {
            break;
        }
        config.run_ms *= 2;
        report = module.run(&config, interrupt)?;
    }
    Ok(report)
}

/// What came of a run.
fn line(report: &Bottleneck) -> String {
    let Config {
        case,
        variant,
        lock,
        ..
    } = report.config;
    let has_lock = case
        .about()
        .is_some_and(|about| about.locked.contains(&variant));
    let lock = if has_lock { lock.name() } else { "" };
    let name = format!("{case}/{variant}");
    let wrong = match (report.sum.wrong, variant) {
        (0, Variant::Busted) => "nothing wrong was seen".into(),
        (0, _) => due(report),
        _ => report.wrongs(),
    };
    format!(
        "{name:24} {lock:9} {:17} ops={} {wrong}",
        report.outcome(),
        report.sum.ops
    )
    .trim_end()
    .into()
}

/// What was due, and seen.
fn due(report: &Bottleneck) -> String {
    let each = report.findings.iter().filter(|finding| finding.due > 0);
    let words = each.map(|finding| format!("{}={}", finding.name, finding.seen));
    words.collect::<Vec<_>>().join(" ")
}

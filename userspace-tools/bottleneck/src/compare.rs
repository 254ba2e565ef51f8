// SPDX-License-Identifier: GPL-2.0

//! `compare`: the variants of a bottleneck, in alternating runs.

use std::path::Path;

use abi::bottleneck::{Config, Facts, Kind, Lock, Variant};
use clap::{builder::PossibleValuesParser, error::ErrorKind, value_parser, Args, Error};
use debugfs::{tool::measure, tool::say, tool::verdict, tool::Tool, Module};
use results::{vcpus, Bottleneck, Settings, Verdict};

use crate::fix::fixes;

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: bottleneck compare mount_count --threads 1,2,8 --set size=4")]
pub struct Compare {
    /// Bottleneck
    #[arg(value_name = "CASE", value_parser = PossibleValuesParser::new(Kind::NAMES))]
    case: String,
    /// Threads, bound to as many vCPUs [default: all]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = value_parser!(u32).range(1..))]
    threads: Vec<u32>,
    /// Variants besides the baseline [default: all but busted]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = PossibleValuesParser::new(Variant::NAMES))]
    variant: Vec<String>,
    /// Spinlocks, of variants that have one
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', default_value = "ticket", value_parser = PossibleValuesParser::new(Lock::NAMES))]
    lock: Vec<String>,
    /// Runs of each variant; the variants alternate
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    repeat: u32,
    /// Length of each run, in ms
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u32).range(1..=60_000))]
    run_ms: u32,
    /// Another setting, for all runs
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print one JSON record per line for each run, then one for each fix
    #[arg(long)]
    json: bool,
}

impl Compare {
    /// Runs the variants, and prints the gain of each over the baseline in this boot.
    pub fn obey<T: Tool<Report = Bottleneck>>(mut self, root: &Path) -> anyhow::Result<Verdict> {
        if self.threads.is_empty() {
            self.threads = vec![vcpus()];
        }
        let kind: Kind = self.case.parse()?;
        let configs = self.configs(kind.facts());
        let module = Module::open(root)?;
        let cells = measure::<T>(&module, &configs, self.repeat, self.json)?;
        let fixes = fixes(&cells);
        match self.json {
            true => fixes
                .iter()
                .try_for_each(|fix| say(&serde_json::json!({ "fix": fix }).to_string()))?,
            false => {
                let lines: Vec<String> = fixes.iter().map(ToString::to_string).collect();
                let table = T::COMPARE(&cells);
                say(&format!("{table}\n\n{}", lines.join("\n")))?;
            }
        }
        Ok(verdict::<T>(&cells))
    }

    /// Returns every variant with each number of threads and, if it has a spinlock, each lock.
    fn configs(&self, facts: &Facts) -> Vec<Config> {
        let usual = self.usual(facts);
        let wanted = |variant: &&Variant| match self.variant.is_empty() {
            true => **variant != Variant::Busted,
            false => {
                facts.baseline() == Some(**variant)
                    || self.variant.iter().any(|name| name == variant.name())
            }
        };
        let mut configs = Vec::new();
        for &threads in &self.threads {
            for &variant in facts.variants.iter().filter(wanted) {
                let locks = match facts.locked.contains(&variant) {
                    true => &self.lock[..],
                    false => &self.lock[..1],
                };
                configs.extend(locks.iter().map(|lock| Config {
                    variant,
                    threads,
                    lock: lock.parse().unwrap_or(Lock::Ticket),
                    ..usual
                }));
            }
        }
        configs
    }

    /// Returns the common settings; a wrong one ends the tool.
    fn usual(&self, facts: &Facts) -> Config {
        let mut config = Config {
            case: facts.kind,
            run_ms: self.run_ms,
            ..Config::default()
        };
        let given = self.set.iter().map(String::as_str);
        for setting in std::iter::once(facts.compare).chain(given) {
            if let Err(refusal) = config.take(setting, vcpus()) {
                Error::raw(ErrorKind::InvalidValue, format!("--set {refusal}\n")).exit();
            }
        }
        config
    }
}

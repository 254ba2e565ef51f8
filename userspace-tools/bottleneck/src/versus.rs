// SPDX-License-Identifier: GPL-2.0

//! `compare`: the variants of a case by turns.

use std::path::Path;

use abi::bottleneck::{About, Case, Config, Lock, Variant, CASES};
use anyhow::anyhow;
use clap::{builder::PossibleValuesParser, error::ErrorKind, value_parser, Args, Error};
use debugfs::{tool::failed, tool::measure, tool::say, tool::Tool, Module};
use results::{vcpus, Settings};

use crate::{fixes::fixes, BottleneckTool};

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: bottleneck compare mount_count --threads 1,2,8 --set size=4")]
pub struct Versus {
    /// The case
    #[arg(value_parser = cases())]
    case: String,
    /// Threads, bound to as many vCPUs [default: all]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = value_parser!(u32).range(1..))]
    threads: Vec<u32>,
    /// Variants besides the original [default: all but busted]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = PossibleValuesParser::new(Variant::NAMES))]
    variant: Vec<String>,
    /// Locks, of variants that have one
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', default_value = "ticket", value_parser = PossibleValuesParser::new(Lock::NAMES))]
    lock: Vec<String>,
    /// How often each; all have a turn before any has its second
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    repeat: u32,
    /// Length of each run, in ms
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u32).range(1..=60_000))]
    run_ms: u32,
    /// Another setting, for all runs
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print each run as one record of JSON on a line of its own, and then each fix
    #[arg(long)]
    json: bool,
}

/// The names of the cases that there are.
pub fn cases() -> PossibleValuesParser {
    PossibleValuesParser::new(CASES.iter().map(|about| about.case.name()))
}

impl Versus {
    /// Runs the variants, and says what each gains over the original.
    pub fn obey(mut self, root: &Path) -> anyhow::Result<bool> {
        if self.threads.is_empty() {
            self.threads = vec![vcpus()];
        }
        let case: Case = self.case.parse()?;
        let about = case.about().ok_or_else(|| anyhow!("no case {case}"))?;
        let configs = self.configs(about);
        let module = Module::open(root)?;
        let points = measure::<BottleneckTool>(&module, &configs, self.repeat, self.json)?;
        let fixes = fixes(&points);
        match self.json {
            true => {
                for fix in &fixes {
                    say(&serde_json::json!({ "fix": fix }).to_string())?;
                }
            }
            false => {
                let lines: Vec<String> = fixes.iter().map(ToString::to_string).collect();
                let table = BottleneckTool::compare(&points);
                say(&format!("{table}\n\n{}", lines.join("\n")))?;
            }
        }
        Ok(failed::<BottleneckTool>(&points))
    }

    /// Every variant with each number of threads and, if it has a lock, each lock.
    fn configs(&self, about: &About) -> Vec<Config> {
        let usual = self.usual(about);
        let wanted = |variant: &&Variant| match self.variant.is_empty() {
            true => **variant != Variant::Busted,
            false => {
                about.original() == Some(**variant)
                    || self.variant.iter().any(|name| name == variant.name())
            }
        };
        let mut configs = Vec::new();
        for &threads in &self.threads {
            for &variant in about.variants.iter().filter(wanted) {
                let locks = match about.locked.contains(&variant) {
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

    /// The settings that all have in common; a wrong one ends the tool.
    fn usual(&self, about: &About) -> Config {
        let mut config = Config {
            case: about.case,
            run_ms: self.run_ms,
            ..Config::default()
        };
        for setting in [about.case.usual()]
            .into_iter()
            .chain(self.set.iter().map(String::as_str))
        {
            if let Err(refusal) = config.take(setting, vcpus()) {
                Error::raw(ErrorKind::InvalidValue, format!("--set {refusal}\n")).exit();
            }
        }
        config
    }
}

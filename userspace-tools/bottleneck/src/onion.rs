// SPDX-License-Identifier: GPL-2.0

//! `onion`: fixes applied one after the other, each to the bottleneck that takes longest by then.
//!
//! A unit of work is one operation of each case, as a server needs several parts of a kernel for a request. Its
//! time is the sum of theirs: the cases run one at a time, so what one does to another is not in it.

use std::path::Path;

use abi::bottleneck::{Config, Kind, Variant};
use clap::{value_parser, Args};
use debugfs::{tool::measure, tool::say, tool::verdict, tool::Tool, Module};
use results::{vcpus, Bottleneck, Cell, Report, Verdict};
use serde::Serialize;

/// The cases of Kleen and Chen's mail server, each before and after its fix.
const CASES: [(Kind, Variant, Variant); 4] = [
    (Kind::PathWalk, Variant::Locked, Variant::Rcu),
    (Kind::MountCount, Variant::Summed, Variant::Split),
    (Kind::Readahead, Variant::Together, Variant::Ifchanged),
    (Kind::AnonChain, Variant::Spinlock, Variant::Batched),
];

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: bottleneck onion --threads 2 --repeat 5")]
pub struct Onion {
    /// Threads, bound to as many vCPUs [default: all]
    #[arg(long, value_parser = value_parser!(u32).range(1..))]
    threads: Option<u32>,
    /// Repeats; all cases run once before any runs again
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..))]
    repeat: u32,
    /// Length of each run, in ms
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..=60_000))]
    run_ms: u32,
    /// Print one JSON record per line for each stage of each repeat
    #[arg(long)]
    json: bool,
}

/// The time of an operation, in seconds.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    before: f64,
    after: f64,
}

/// What a unit of work takes once some cases are fixed.
#[derive(Debug, PartialEq, Serialize)]
struct Stage {
    stage: usize,
    /// The case that was fixed last.
    fixed: Option<&'static str>,
    /// Units of work per second.
    per_s: f64,
    /// The case that takes longest, and its part of the time.
    widest: &'static str,
    part: f64,
    /// The part that the case takes that was fixed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<f64>,
}

impl Onion {
    /// Runs all cases, and prints the stages of each repeat.
    pub fn obey<T: Tool<Report = Bottleneck>>(self, root: &Path) -> anyhow::Result<Verdict> {
        let threads = self.threads.unwrap_or_else(vcpus);
        let config = |case, variant| Config {
            case,
            variant,
            threads,
            run_ms: self.run_ms,
            ..Config::default()
        };
        let configs = CASES
            .iter()
            .flat_map(|(case, before, after)| [config(*case, *before), config(*case, *after)]);
        let configs: Vec<Config> = configs.collect();
        let cells = measure::<T>(&Module::open(root)?, &configs, self.repeat, false)?;
        for repeat in 0..self.repeat as usize {
            for stage in stages(cases(&cells, repeat)?) {
                match self.json {
                    true => say(&serde_json::to_string(&stage)?)?,
                    false => say(&stage.to_string())?,
                }
            }
        }
        Ok(verdict::<T>(&cells))
    }
}

/// The times of all cases in a repeat.
fn cases(cells: &[Cell<Bottleneck>], repeat: usize) -> anyhow::Result<Vec<Case>> {
    let time = |cell: &Cell<Bottleneck>| {
        let rate = cell.runs.get(repeat).map_or(0.0, Report::rate);
        let name = cell.config.case.name();
        anyhow::ensure!(
            rate > 0.0,
            "{name}: no operation in a run. Try: a longer --run-ms"
        );
        Ok(1.0 / rate)
    };
    let pairs = cells.chunks_exact(2).map(|pair| {
        Ok(Case {
            name: pair[0].config.case.name(),
            before: time(&pair[0])?,
            after: time(&pair[1])?,
        })
    });
    pairs.collect()
}

/// The stages, from nothing fixed to all fixed; each time the case that takes longest of those not yet fixed.
fn stages(cases: Vec<Case>) -> Vec<Stage> {
    let mut now: Vec<(Case, bool)> = cases.into_iter().map(|case| (case, false)).collect();
    let time = |(case, is_fixed): &(Case, bool)| if *is_fixed { case.after } else { case.before };
    let mut fixed = None;
    let mut stages = Vec::new();
    for stage in 0..=now.len() {
        let all: f64 = now.iter().map(time).sum();
        let widest = now.iter().max_by(|a, b| time(a).total_cmp(&time(b)));
        let last = now.iter().find(|(case, _)| fixed == Some(case.name));
        stages.extend(widest.map(|widest| Stage {
            stage,
            fixed,
            per_s: 1.0 / all,
            widest: widest.0.name,
            part: time(widest) / all,
            left: last.map(|last| time(last) / all),
        }));
        let next = now.iter_mut().filter(|(_, is_fixed)| !is_fixed);
        if let Some(next) = next.max_by(|a, b| a.0.before.total_cmp(&b.0.before)) {
            next.1 = true;
            fixed = Some(next.0.name);
        }
    }
    stages
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fixed = self.fixed.unwrap_or("nothing");
        let (per_s, part) = (self.per_s, self.part * 100.0);
        let widest = self.widest;
        write!(
            f,
            "{fixed} fixed: {per_s:.0} units of work/s, {widest} takes {part:.0} %"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &'static str, before: f64, after: f64) -> Case {
        Case {
            name,
            before,
            after,
        }
    }

    #[test]
    fn each_stage_fixes_what_takes_longest() {
        let stages = stages(vec![case("a", 0.2, 0.1), case("b", 0.6, 0.1)]);
        let of = |stage: &Stage| (stage.fixed, stage.widest);
        let found: Vec<_> = stages.iter().map(of).collect();
        assert_eq!(found, [(None, "b"), (Some("b"), "a"), (Some("a"), "b")]);
        let is = |value: f64, due: f64| (value - due).abs() < 1e-9;
        assert!(is(stages[0].per_s, 1.25) && is(stages[0].part, 0.75));
        assert!(is(stages[1].left.unwrap(), 1.0 / 3.0) && is(stages[2].per_s, 5.0));
        assert_eq!(stages[0].left, None);
    }

    #[test]
    fn fix_that_does_little_leaves_its_case_the_longest() {
        let stages = stages(vec![case("a", 0.2, 0.1), case("b", 0.6, 0.5)]);
        assert_eq!((stages[1].fixed, stages[1].widest), (Some("b"), "b"));
        assert!(stages[1].left > Some(0.5));
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Gain of a fix over the baseline, computed repeat by repeat, since the runs alternate.

use abi::bottleneck::{Config, Variant};
use results::{Bottleneck, Cell, Report};
use serde::Serialize;
use statistics::Sample;

/// Gain of a variant over the baseline at otherwise the same settings.
#[derive(Debug, PartialEq, Serialize)]
pub struct Fix {
    case: &'static str,
    variant: &'static str,
    /// The baseline.
    of: &'static str,
    threads: u32,
    lock: &'static str,
    repeats: usize,
    /// Ratio of operations per second: median, least and most.
    ratio: f64,
    least: f64,
    most: f64,
    /// Ratio of operations per second of CPU time: median.
    granted_ratio: f64,
    /// It gains 10 % or more, and gains in every repeat.
    helps: bool,
}

/// Returns the gain of each variant but the baseline and `busted`.
pub fn fixes(cells: &[Cell<Bottleneck>]) -> Vec<Fix> {
    let each = cells.iter().filter_map(|cell| {
        let baseline = baseline(cells, &cell.config)?;
        let is_fix = cell.config.variant != baseline.config.variant;
        (is_fix && cell.config.variant != Variant::Busted).then(|| Fix::of(cell, baseline))?
    });
    each.collect()
}

/// Returns the cell of the baseline with otherwise the same settings. The lock is ignored unless both
/// variants have one.
pub fn baseline<'a>(
    cells: &'a [Cell<Bottleneck>],
    config: &Config,
) -> Option<&'a Cell<Bottleneck>> {
    let facts = config.case.facts();
    let variant = facts.baseline()?;
    let both = [variant, config.variant];
    let both_lock = both.iter().all(|variant| facts.locked.contains(variant));
    cells.iter().find(|cell| {
        let lock = match both_lock {
            true => config.lock,
            false => cell.config.lock,
        };
        let wanted = Config {
            variant,
            lock,
            ..*config
        };
        cell.config == wanted
    })
}

/// Returns the ratios of a metric, repeat by repeat.
pub fn ratios(
    of: &Cell<Bottleneck>,
    to: &Cell<Bottleneck>,
    measure: fn(&Bottleneck) -> f64,
) -> Option<Sample> {
    let pairs = of.runs.iter().zip(&to.runs);
    let both = pairs.filter(|(_, to)| measure(to) > 0.0);
    Sample::of(both.map(|(of, to)| measure(of) / measure(to)))
}

impl Fix {
    fn of(cell: &Cell<Bottleneck>, baseline: &Cell<Bottleneck>) -> Option<Self> {
        let granted = ratios(cell, baseline, Bottleneck::granted_rate)?;
        let rate = ratios(cell, baseline, Bottleneck::rate)?;
        Some(Self {
            case: cell.config.case.name(),
            variant: cell.config.variant.name(),
            of: baseline.config.variant.name(),
            threads: cell.config.threads,
            lock: cell.config.lock.name(),
            repeats: cell.runs.len(),
            ratio: rate.median,
            least: rate.min,
            most: rate.max,
            granted_ratio: granted.median,
            helps: rate.median >= 1.1 && rate.min > 1.0,
        })
    }
}

impl std::fmt::Display for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (case, variant, of, lock) = (self.case, self.variant, self.of, self.lock);
        let (threads, repeats, granted) = (self.threads, self.repeats, self.granted_ratio);
        let (ratio, least, most) = (self.ratio, self.least, self.most);
        let verdict = match self.helps {
            true => format!("the fix is {ratio:.2}x"),
            false => "does not help here".into(),
        };
        write!(
            f,
            "fix {case}/{variant} of {of}, {threads} threads, {lock}: {verdict}; ops/s {ratio:.2}x \
             ({least:.2} to {most:.2}, {repeats} repeats), a CPU second {granted:.2}x"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::bottleneck::Kind;

    fn cell(variant: Variant, threads: u32, ops: &[u64]) -> Cell<Bottleneck> {
        let config = Config {
            case: Kind::Stats,
            variant,
            threads,
            ..Config::default()
        };
        let run = |&ops: &u64| {
            let mut run = results::fixture!(Bottleneck, "bottleneck.ids");
            run.config = config;
            (run.sum.ops, run.sum.elapsed_ns) = (ops, 1_000_000_000);
            run.cpu_time.cpu_ns = 500_000_000;
            run
        };
        Cell {
            config,
            runs: ops.iter().map(run).collect(),
        }
    }

    #[test]
    fn fix_is_compared_with_the_baseline_of_as_many_threads() {
        let cells = [
            cell(Variant::Exact, 2, &[100, 200, 100]),
            cell(Variant::Exact, 8, &[10, 10, 10]),
            cell(Variant::Percpu, 2, &[90, 240, 105]),
            cell(Variant::Percpu, 8, &[30, 50, 40]),
        ];
        let fixes = fixes(&cells);
        assert_eq!(fixes.len(), 2);
        assert!(!fixes[0].helps && fixes[1].helps);
        assert_eq!((fixes[0].ratio, fixes[0].least), (1.05, 0.9));
        assert_eq!((fixes[1].ratio, fixes[1].most), (4.0, 5.0));
        assert!(fixes[0].to_string().contains("does not help here"));
        let text = fixes[1].to_string();
        assert!(
            text.contains("8 threads, ticket: the fix is 4.00x; ops/s"),
            "{text}"
        );
    }

    #[test]
    fn fix_needs_a_baseline() {
        assert_eq!(fixes(&[cell(Variant::Percpu, 2, &[1])]), []);
    }
}

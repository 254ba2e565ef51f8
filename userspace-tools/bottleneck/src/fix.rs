// SPDX-License-Identifier: GPL-2.0

//! Gain of a fix over the baseline, computed repeat by repeat, since the runs alternate.
//!
//! The verdicts are on this boot, of which the repeats are the unit; boots differ by more, which
//! `sweep run` measures.

use abi::bottleneck::{Config, Variant};
use results::{Bottleneck, Cell, Report};
use serde::Serialize;
use statistics::{confidence, holm, Decision, Estimate, Evidence, Range, Sample, Scale};

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
    /// Whether it gains [`LEAST_GAIN`] or more in this boot.
    verdict: Verdict,
    /// About how many repeats decide that, if it is undecided and any number does.
    repeats_needed: Option<usize>,
}

/// The smallest gain for which one changes code: a tenth.
const LEAST_GAIN: f64 = 1.1;

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Helps,
    No,
    Undecided,
}

/// Returns the gain of each variant but the baseline and `busted`.
pub fn fixes(cells: &[Cell<Bottleneck>]) -> Vec<Fix> {
    let each = cells.iter().filter_map(|cell| {
        let baseline = baseline(cells, &cell.config)?;
        let is_fix = cell.config.variant != baseline.config.variant;
        (is_fix && cell.config.variant != Variant::Busted).then(|| Fix::of(cell, baseline))?
    });
    let (mut fixes, gains): (Vec<Fix>, Vec<Estimate>) = each.unzip();
    for (fix, (verdict, repeats)) in fixes.iter_mut().zip(verdicts(&gains)) {
        (fix.verdict, fix.repeats_needed) = (verdict, repeats);
    }
    fixes
}

/// The verdicts on all gains of a table: one family, of which none is wrong with the usual probability.
fn verdicts(gains: &[Estimate]) -> Vec<(Verdict, Option<usize>)> {
    let range = Range::at_least(LEAST_GAIN);
    let evidence = gains.iter().map(|gain| Evidence::of(gain, range));
    let evidence: Vec<Evidence> = evidence.collect();
    let p: Vec<f64> = evidence.iter().map(Evidence::p).collect();
    let levels = holm(&p, confidence::FAMILY);
    let judged = gains.iter().zip(evidence).zip(levels);
    let judged = judged.map(|((gain, evidence), level)| match evidence.decide(level) {
        Decision::Inside | Decision::Above => (Verdict::Helps, None),
        Decision::Below => (Verdict::No, None),
        Decision::Open => (Verdict::Undecided, gain.boots_needed(LEAST_GAIN, level)),
    });
    judged.collect()
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
    /// The fix, without its verdict yet, and its gain.
    fn of(cell: &Cell<Bottleneck>, baseline: &Cell<Bottleneck>) -> Option<(Self, Estimate)> {
        let granted = ratios(cell, baseline, Bottleneck::granted_rate)?;
        let rate = ratios(cell, baseline, Bottleneck::rate)?;
        let pairs = cell.runs.iter().zip(&baseline.runs);
        let repeats = pairs.map(|(of, to)| vec![of.rate() / to.rate()]);
        let gain = Estimate::of(Scale::Ratio, &repeats.collect::<Vec<_>>())?;
        let fix = Self {
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
            verdict: Verdict::Undecided,
            repeats_needed: None,
        };
        Some((fix, gain))
    }
}

impl std::fmt::Display for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (case, variant, of, lock) = (self.case, self.variant, self.of, self.lock);
        let (threads, repeats, granted) = (self.threads, self.repeats, self.granted_ratio);
        let (ratio, least, most) = (self.ratio, self.least, self.most);
        let verdict = match (self.verdict, self.repeats_needed) {
            (Verdict::Helps, _) => format!("the fix is {ratio:.2}x"),
            (Verdict::No, _) => "does not help here".into(),
            (Verdict::Undecided, None) => "undecided".into(),
            (Verdict::Undecided, Some(n)) => format!("undecided (about {n} repeats needed)"),
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
            cell(Variant::Exact, 2, &[100, 200, 100, 150, 120]),
            cell(Variant::Exact, 4, &[100, 100, 100, 100, 100]),
            cell(Variant::Exact, 8, &[10, 10, 10, 10, 10]),
            cell(Variant::Percpu, 2, &[90, 240, 105, 170, 121]),
            cell(Variant::Percpu, 4, &[101, 99, 100, 102, 100]),
            cell(Variant::Percpu, 8, &[30, 50, 40, 40, 40]),
        ];
        let fixes = fixes(&cells);
        assert_eq!(fixes.len(), 3);
        assert!(
            fixes[0].verdict == Verdict::Undecided && fixes[0].repeats_needed.is_some(),
            "{}",
            fixes[0]
        );
        assert_eq!(fixes[1].verdict, Verdict::No);
        assert_eq!(fixes[2].verdict, Verdict::Helps);
        assert_eq!((fixes[0].ratio, fixes[0].least), (1.05, 0.9));
        assert_eq!((fixes[2].ratio, fixes[2].most), (4.0, 5.0));
        assert!(fixes[1].to_string().contains("does not help here"));
        let text = fixes[2].to_string();
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

// SPDX-License-Identifier: GPL-2.0

//! What a fix gains over the original, in each repeat by itself, since they ran by turns.

use abi::bottleneck::{Config, Variant};
use results::{Bottleneck, Cell, Report};
use serde::Serialize;
use statistics::Sample;

/// What a variant is of the original, at otherwise the same settings.
#[derive(Debug, PartialEq, Serialize)]
pub struct Fix {
    case: &'static str,
    variant: &'static str,
    /// The original.
    of: &'static str,
    threads: u32,
    lock: &'static str,
    repeats: usize,
    /// Operations per second: the median of the ratios, the least and the most.
    ratio: f64,
    least: f64,
    most: f64,
    /// The median of the ratios of operations per second of CPU time.
    granted_ratio: f64,
    /// Whether it gains a tenth or more, and something in every repeat.
    helps: bool,
}

/// A line for each variant that is not the original.
pub fn fixes(points: &[Cell<Bottleneck>]) -> Vec<Fix> {
    let each = points.iter().filter_map(|point| {
        let original = original(points, &point.config)?;
        let is_fix = point.config.variant != original.config.variant;
        (is_fix && point.config.variant != Variant::Busted).then(|| Fix::of(point, original))?
    });
    each.collect()
}

/// The point of the original of the case that has otherwise the same settings. The lock is no part
/// of them where one of the two has none.
pub fn original<'a>(
    points: &'a [Cell<Bottleneck>],
    config: &Config,
) -> Option<&'a Cell<Bottleneck>> {
    let about = config.case.about()?;
    let variant = about.original()?;
    let both_lock = [variant, config.variant]
        .iter()
        .all(|variant| about.locked.contains(variant));
    points.iter().find(|point| {
        let lock = if both_lock {
            config.lock
        } else {
            point.config.lock
        };
        let wanted = Config {
            variant,
            lock,
            ..*config
        };
        point.config == wanted
    })
}

/// The ratios of something measured, repeat by repeat.
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
    fn of(point: &Cell<Bottleneck>, original: &Cell<Bottleneck>) -> Option<Self> {
        let granted = ratios(point, original, Bottleneck::granted_rate)?;
        let Sample {
            median, min, max, ..
        } = ratios(point, original, Bottleneck::rate)?;
        let Config {
            case,
            variant,
            threads,
            lock,
            ..
        } = point.config;
        Some(Self {
            case: case.name(),
            variant: variant.name(),
            of: original.config.variant.name(),
            threads,
            lock: lock.name(),
            repeats: point.runs.len(),
            ratio: median,
            least: min,
            most: max,
            granted_ratio: granted.median,
            helps: median >= 1.1 && min > 1.0,
        })
    }
}

impl std::fmt::Display for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            case,
            variant,
            of,
            threads,
            ratio,
            least,
            most,
            repeats,
            granted_ratio,
            ..
        } = self;
        let verdict = match self.helps {
            true => format!("the fix is {ratio:.2}x"),
            false => "does not help here".into(),
        };
        write!(
            f,
            "fix {case}/{variant} of {of}, {threads} threads, {lock}: {verdict}; ops/s {ratio:.2}x \
             ({least:.2} to {most:.2}, {repeats} repeats), a CPU second {granted_ratio:.2}x",
            lock = self.lock,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::bottleneck::Case;
    use results::Report;

    fn point(variant: Variant, threads: u32, ops: &[u64]) -> Cell<Bottleneck> {
        let config = Config {
            case: Case::Stats,
            variant,
            threads,
            ..Config::default()
        };
        let run = |&ops: &u64| {
            Bottleneck::parse(&format!(
                "bottleneck schema={} run=1\nconfig {config}\n\
                 sum elapsed_ns=1000000000 case=stats variant={variant} lock=ticket \
                 threads={threads} ops={ops} min=0 max={ops} wrong=0 verdict=held\n\
                 granted cpu_ns=500000000 lost_ns=0 evidence=gaps\n",
                abi::SCHEMA
            ))
            .unwrap()
        };
        Cell {
            config,
            runs: ops.iter().map(run).collect(),
        }
    }

    #[test]
    fn a_fix_is_held_against_the_original_with_as_many_threads() {
        let points = [
            point(Variant::Exact, 2, &[100, 200, 100]),
            point(Variant::Exact, 8, &[10, 10, 10]),
            point(Variant::Percpu, 2, &[90, 240, 105]),
            point(Variant::Percpu, 8, &[30, 50, 40]),
        ];
        let fixes = fixes(&points);
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
    fn nothing_is_said_without_the_original() {
        assert_eq!(fixes(&[point(Variant::Percpu, 2, &[1])]), []);
    }
}

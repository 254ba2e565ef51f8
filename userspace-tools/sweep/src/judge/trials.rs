// SPDX-License-Identifier: GPL-2.0

//! `sweep trials`: how often, on this machine and with its noise, a difference would be called. Many
//! interleaved repeats of two sides are cut into tries that share none; each try begins with the
//! fewest repeats that can say anything, and takes those that it is asked for.

use clap::builder::TypedValueParser;
use std::path::PathBuf;

use crate::{
    console::exit::Usage,
    console::say::say,
    judge::cell::{cells, Cell},
    judge::compare::Limits,
    judge::verdict::Verdict,
    plan::setting::{words, Point, Setting},
    store::directory::LATEST,
    store::loaded::Loaded,
};
use statistics::{confidence, Difference, DifferenceTest};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directory.
    #[arg(default_value = LATEST)]
    pub dir: PathBuf,
    /// Side B, for instance \"hold_ns=22000 threads=1\".
    #[arg(long, value_name = "SETTINGS")]
    pub of: String,
    /// Side A; if equal to side B, every other repeat against those between.
    #[arg(long, value_name = "SETTINGS")]
    pub to: String,
    /// Number of trials that the repeats are cut into.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000).map(|n| n as usize))]
    pub tries: usize,
    /// When to call a difference.
    #[command(flatten)]
    pub limits: Limits,
}

/// How often a try may ask for more.
const LOOKS: usize = 6;

/// Counts verdicts.
pub fn trials(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = Loaded::read(&args.dir)?;
    let mut all = Vec::new();
    for scenario in &loaded.experiment.scenarios {
        all.extend(cells(&loaded.experiment, scenario, &loaded.records));
    }
    let reference = find(&all, &args.to)?;
    let subject = find(&all, &args.of)?;
    let (mut a, mut b) = (reference.values(), subject.values());
    if reference.at == subject.at {
        // The same side: every other repeat against those between them.
        let every = |first: usize| reference.values().into_iter().skip(first).step_by(2);
        (a, b) = (every(0).collect(), every(1).collect());
    }
    let rules = DifferenceTest {
        alpha: args.limits.alpha,
        margin: args.limits.margin,
        power: confidence::POWER,
        more_is_better: reference.reports.iter().all(|r| r.more_is_better()),
    };
    let each = a.len().min(b.len()) / args.tries;
    if each < rules.fewest() {
        let need = rules.fewest() * args.tries;
        let why = format!(
            "{} tries need {need} repeats of each side at least",
            args.tries
        );
        return Err(Usage(why).into());
    }
    let mut verdicts = Vec::new();
    for (a, b) in a
        .chunks_exact(each)
        .zip(b.chunks_exact(each))
        .take(args.tries)
    {
        verdicts.push(one(&rules, a, b));
    }
    say(format_args!(
        "{} against {}: {each} repeats of each side for a try\n{}",
        words(&subject.at),
        words(&reference.at),
        counted(&verdicts)
    ))?;
    Ok(Verdict::Pass)
}

fn counted(verdicts: &[(Difference, usize)]) -> String {
    let count = |is: fn(&Difference) -> bool| verdicts.iter().filter(|(v, _)| is(v)).count();
    let mut used: Vec<usize> = verdicts.iter().map(|(_, used)| *used).collect();
    used.sort_unstable();
    format!(
        "tries {}, which took {} to {} repeats of each side\n\
         better {}\nworse {}\nno difference shown {}\ninconclusive {}",
        verdicts.len(),
        used.first().unwrap_or(&0),
        used.last().unwrap_or(&0),
        count(|v| *v == Difference::Better),
        count(|v| *v == Difference::Worse),
        count(|v| *v == Difference::NoDifferenceShown),
        count(|v| matches!(v, Difference::Inconclusive { .. })),
    )
}

/// One try: what it says, and how many repeats that took.
fn one(rules: &DifferenceTest, a: &[f64], b: &[f64]) -> (Difference, usize) {
    let most = a.len();
    let mut n = rules.fewest().min(most);
    let mut verdict = Difference::Inconclusive { repeats: n };
    for _ in 0..LOOKS {
        verdict = rules.judge(&a[..n], &b[..n]).unwrap_or(verdict);
        match verdict {
            Difference::Inconclusive { repeats } if n < most => n = repeats.clamp(n + 1, most),
            _ => break,
        }
    }
    (verdict, n)
}

fn find<'a>(all: &'a [Cell], text: &str) -> Result<&'a Cell, Usage> {
    let wanted: Point = text
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.to_string(), Setting::parse(value)))
        .collect();
    let mut mine = all.iter().filter(|cell| {
        !wanted.is_empty() && wanted.iter().all(|(k, v)| cell.settings.get(k) == Some(v))
    });
    match (mine.next(), mine.next()) {
        (Some(cell), None) => Ok(cell),
        (None, _) => Err(Usage(format!(
            "`{text}`: no run has that; write as \"hold_ns=200 threads=1\""
        ))),
        (Some(_), Some(_)) => Err(Usage(format!(
            "`{text}`: several sides have that; say more"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_takes_what_it_is_asked_for_and_no_more() {
        let rules = DifferenceTest {
            alpha: 0.01,
            margin: 0.05,
            power: confidence::POWER,
            more_is_better: true,
        };
        let noise = |i: u32| f64::from(i * 7919 % 101) / 101.0 - 0.5;
        let a: Vec<f64> = (0..60).map(|i| 100.0 + 8.0 * noise(i)).collect();
        let slower: Vec<f64> = a.iter().rev().map(|v| v * 0.9).collect();
        let (verdict, used) = one(&rules, &a, &slower);
        assert_eq!(verdict, Difference::Worse);
        assert!(used < 60, "{used}");
        let (verdict, _) = one(&rules, &a[..30], &a[30..]);
        assert_ne!(verdict, Difference::Worse);
    }
}

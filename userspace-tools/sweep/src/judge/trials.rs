// SPDX-License-Identifier: GPL-2.0

//! `sweep trials`: how often, with this machine's noise, a difference is called.
//!
//! Many interleaved repeats of two A/B sides are cut into disjoint trials. Each trial begins with the
//! fewest repeats that the test needs, and takes as many more as it asks for.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use statistics::{Difference, DifferenceTest};

use crate::{
    console::{stdout::print_line, usage::Usage},
    judge::{
        cell::{all_cells, Cell},
        compare::Limits,
        verdict::Verdict,
    },
    plan::setting::{words, Point, Setting},
    store::{directory::LATEST, loaded::Loaded},
};

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

/// How often a trial may ask for more repeats.
const LOOKS: usize = 6;

pub fn trials(args: &Args) -> anyhow::Result<Verdict> {
    let all = all_cells(&Loaded::complete(&args.dir, "judge")?);
    let (reference, subject) = (find(&all, &args.to)?, find(&all, &args.of)?);
    let (mut a, mut b) = (reference.values(), subject.values());
    if reference.at == subject.at {
        let every = |first: usize| reference.values().into_iter().skip(first).step_by(2);
        (a, b) = (every(0).collect(), every(1).collect());
    }
    let test = args.limits.test(reference.more_is_better());
    let each = a.len().min(b.len()) / args.tries;
    if each < test.fewest() {
        let (tries, need) = (args.tries, test.fewest() * args.tries);
        let why = format!("{tries} trials need at least {need} repeats of each side");
        return Err(Usage(why).into());
    }
    let pairs = a.chunks_exact(each).zip(b.chunks_exact(each));
    let trials = pairs.take(args.tries).map(|(a, b)| trial(&test, a, b));
    let (differences, used): (Vec<Difference>, Vec<usize>) = trials.unzip();
    let count = Difference::count(&differences).map(|(word, n)| format!("\n{word} {n}"));
    print_line(format_args!(
        "{} against {}: {each} repeats of each side for a trial\n\
         trials {}, which took {} to {} repeats of each side{}",
        words(&subject.at),
        words(&reference.at),
        differences.len(),
        used.iter().min().unwrap_or(&0),
        used.iter().max().unwrap_or(&0),
        count.concat()
    ))?;
    Ok(Verdict::Pass)
}

/// One trial: its difference, and how many repeats it took.
fn trial(test: &DifferenceTest, a: &[f64], b: &[f64]) -> (Difference, usize) {
    let most = a.len();
    let mut n = test.fewest().min(most);
    let mut difference = Difference::Inconclusive { repeats: n };
    for _ in 0..LOOKS {
        difference = test.judge(&a[..n], &b[..n]).unwrap_or(difference);
        match difference {
            Difference::Inconclusive { repeats } if n < most => n = repeats.clamp(n + 1, most),
            _ => break,
        }
    }
    (difference, n)
}

/// The only cell with the settings of `text`.
fn find<'a>(all: &'a [Cell], text: &str) -> Result<&'a Cell, Usage> {
    let wanted = results::pairs(text).map(|(key, value)| (key.into(), Setting::parse(value)));
    let wanted: Point = wanted.collect();
    let mut mine = all.iter().filter(|cell| {
        !wanted.is_empty() && wanted.iter().all(|(k, v)| cell.settings.get(k) == Some(v))
    });
    match (mine.next(), mine.next()) {
        (Some(cell), None) => Ok(cell),
        (None, _) => Err(Usage(format!(
            "no run has the settings `{text}`. Try: \"hold_ns=200 threads=1\""
        ))),
        (Some(_), Some(_)) => Err(Usage(format!(
            "several cells have the settings `{text}`. Try: more settings"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statistics::confidence;

    #[test]
    fn trial_takes_as_many_repeats_as_the_test_asks_for() {
        let limits = Limits {
            alpha: confidence::ALPHA,
            margin: confidence::MARGIN,
        };
        let test = limits.test(true);
        let noise = |i: u32| f64::from(i * 7919 % 101) / 101.0 - 0.5;
        let a: Vec<f64> = (0..60).map(|i| 100.0 + 8.0 * noise(i)).collect();
        let slower: Vec<f64> = a.iter().rev().map(|v| v * 0.9).collect();
        let (difference, used) = trial(&test, &a, &slower);
        assert_eq!(difference, Difference::Worse);
        assert!(used < 60, "{used}");
        let (difference, _) = trial(&test, &a[..30], &a[30..]);
        assert_ne!(difference, Difference::Worse);
    }
}

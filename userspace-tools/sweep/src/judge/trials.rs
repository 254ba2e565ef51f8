// SPDX-License-Identifier: GPL-2.0

//! `sweep trials`: how often, with this machine's noise, a difference is called.
//!
//! The boots of a result are cut into disjoint trials, each judged by itself: two A/B sides within the
//! boots of a trial, or, without sides, every line of one half of its boots against the other half, as
//! `sweep compare` does. The second shows what is called where there is no difference.
//!
//! Trials of a difference PASS if they agree in it; trials of none, if calls are as rare as their error
//! allows: nominal and two standard errors.

use std::{collections::BTreeSet, path::PathBuf};

use clap::builder::TypedValueParser;
use serde_json::json;
use statistics::{Estimate, Scale};

use crate::{
    console::{stdout::print_line, usage::Usage},
    judge::{
        cell::{all_cells, Cell},
        difference::{call, Difference, Limits},
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
    /// Side B, for instance "hold_ns=22000 threads=1"; without it, halves of the boots are compared.
    #[arg(long, value_name = "SETTINGS", requires = "to")]
    pub of: Option<String>,
    /// Side A.
    #[arg(long, value_name = "SETTINGS", requires = "of")]
    pub to: Option<String>,
    /// Number of trials that the boots are cut into.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000).map(|n| n as usize))]
    pub tries: usize,
    /// Print JSON instead of lines.
    #[arg(long)]
    pub json: bool,
    /// When to call a difference.
    #[command(flatten)]
    pub limits: Limits,
}

/// The fewest boots of a side that have an interval.
const FEWEST: usize = 2;

pub fn trials(args: &Args) -> anyhow::Result<Verdict> {
    let all = all_cells(&Loaded::complete(&args.dir, "judge")?);
    let (what, sides, each) = match (&args.of, &args.to) {
        (Some(of), Some(to)) => {
            let (of, to) = (find(&all, of)?, find(&all, to)?);
            let what = format!("{} against {}", words(&of.at), words(&to.at));
            (what, vec![(of, to)], FEWEST)
        }
        _ => {
            let what = format!("halves of the boots, {} lines", all.len());
            (
                what,
                all.iter().map(|cell| (cell, cell)).collect(),
                2 * FEWEST,
            )
        }
    };
    let has = sides
        .iter()
        .map(|(of, _)| boots(of).len())
        .min()
        .unwrap_or(0);
    let size = has / args.tries;
    if size < each {
        let (tries, need) = (args.tries, each * args.tries);
        return Err(Usage(format!(
            "{tries} trials need {need} boots or more ({has}). Try: boots = {need} in the experiment"
        ))
        .into());
    }
    let called = (0..args.tries).map(|number| {
        let of_trial = |cell: &Cell| boots(cell)[number * size..][..size].to_vec();
        trial(&sides, of_trial, &args.limits).map_err(Usage)
    });
    let called: Vec<Vec<Difference>> = called.collect::<Result<_, _>>()?;
    let is_null = sides.iter().all(|(of, to)| of.at == to.at);
    let verdict = verdict(&called, is_null, args.limits.alpha);
    let count = Difference::count(&called.concat());
    if args.json {
        let mut json = json!({ "trials": args.tries, "boots": size, "verdict": verdict });
        for (word, n) in count {
            json[word] = n.into();
        }
        print_line(format_args!("{json}"))?;
    } else {
        let count = count.map(|(word, n)| format!("\n{word} {n}"));
        let (tries, count) = (args.tries, count.concat());
        print_line(format_args!(
            "{what}: {tries} trials of {size} boots: {verdict}{count}"
        ))?;
    }
    Ok(verdict)
}

/// The verdict on trials of no difference or, each with one line, of one.
fn verdict(trials: &[Vec<Difference>], is_null: bool, alpha: f64) -> Verdict {
    let n = trials.len() as f64;
    let allowed = (n * alpha + 2.0 * (n * alpha * (1.0 - alpha)).sqrt()).floor() as usize;
    let with = |wanted: &[Difference]| {
        let called = |trial: &&Vec<Difference>| trial.iter().any(|one| wanted.contains(one));
        trials.iter().filter(called).count()
    };
    let equivalent = with(&[Difference::Equivalent]);
    if is_null {
        return match with(&[Difference::Better, Difference::Worse]) {
            wrong if wrong > allowed => Verdict::Fail,
            _ if equivalent == 0 => Verdict::Inconclusive,
            _ => Verdict::Pass,
        };
    }
    let (better, worse) = (with(&[Difference::Better]), with(&[Difference::Worse]));
    match better.max(worse).max(equivalent) {
        _ if better.min(worse) > allowed => Verdict::Fail,
        agreed if agreed + allowed >= trials.len() => Verdict::Pass,
        _ => Verdict::Inconclusive,
    }
}

/// The boots in which a cell ran, in order.
fn boots(cell: &Cell) -> Vec<usize> {
    let boots: BTreeSet<usize> = cell.boots.iter().copied().collect();
    boots.into_iter().collect()
}

/// The differences of one trial, a family.
fn trial(
    sides: &[(&Cell, &Cell)],
    of_trial: impl Fn(&Cell) -> Vec<usize>,
    limits: &Limits,
) -> Result<Vec<Difference>, String> {
    let mut ratios = Vec::new();
    for (of, to) in sides {
        let boots = of_trial(of);
        let ratio = match of.at == to.at {
            true => {
                // Alternately, so that a drift over the boots is in both halves.
                let half = |first: usize| -> Vec<usize> {
                    boots.iter().copied().skip(first).step_by(2).collect()
                };
                summed(of, &half(1))?.over(&summed(to, &half(0))?)
            }
            false => of
                .within(&boots)
                .ratio("value", &to.within(&boots), "value")?,
        };
        ratios.push((ratio, of.more_is_better()));
    }
    let called = call(&ratios, limits);
    Ok(called.iter().map(|one| one.difference).collect())
}

fn summed(cell: &Cell, boots: &[usize]) -> Result<Estimate, String> {
    let boots = cell.within(boots).by_boot("value")?;
    Estimate::of(Scale::Ratio, &boots).ok_or_else(|| "a rate is zero".into())
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

    const UNDECIDED: Difference = Difference::Inconclusive { boots: None };

    /// Twenty trials of one line: so many better, worse and equivalent, the others undecided.
    fn of(better: usize, worse: usize, equivalent: usize, is_null: bool) -> Verdict {
        let mut trials = vec![vec![Difference::Better]; better];
        trials.extend(vec![vec![Difference::Worse]; worse]);
        trials.extend(vec![vec![Difference::Equivalent]; equivalent]);
        trials.resize(20, vec![UNDECIDED]);
        verdict(&trials, is_null, 0.05)
    }

    #[test]
    fn calls_where_there_is_no_difference_are_as_rare_as_their_error() {
        assert_eq!(of(1, 1, 18, true), Verdict::Pass);
        assert_eq!(of(2, 2, 16, true), Verdict::Fail);
        assert_eq!(of(0, 0, 0, true), Verdict::Inconclusive);
    }

    #[test]
    fn trials_of_a_difference_agree_in_it() {
        assert_eq!(of(0, 19, 0, false), Verdict::Pass);
        assert_eq!(of(0, 0, 20, false), Verdict::Pass);
        assert_eq!(of(0, 12, 0, false), Verdict::Inconclusive);
        assert_eq!(of(3, 17, 0, false), Verdict::Fail);
        assert_eq!(of(0, 0, 0, false), Verdict::Inconclusive);
    }
}

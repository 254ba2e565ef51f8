// SPDX-License-Identifier: GPL-2.0

//! A claim held against what was measured.

use std::collections::BTreeMap;

use comfy_table::{presets, Table, TableComponent};
use serde::Serialize;

use super::{claim::Claim, step::Outcome};
use crate::judge::figures::Figures;

/// The part of its time that a machine may lose before that is said beside what was measured.
const ROBBED: f64 = 0.02;

/// What is to be said of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Measured, and as required.
    Holds,
    /// Measured, and not as required.
    FallsShort,
    /// Not measured.
    NotShown,
    /// Not asked for, because it is expensive.
    NotRun,
}

/// A claim with its verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    claim: String,
    required: String,
    measured: String,
    verdict: Verdict,
    /// What this machine's own host took of the CPUs' time meanwhile, 0 to 1, if it was much.
    stolen: Option<f64>,
}

impl Judged {
    /// Whether it speaks against the project.
    pub fn fails(&self) -> bool {
        matches!(self.verdict, Verdict::FallsShort | Verdict::NotShown)
    }
}

/// Holds `claim` against what the steps measured.
pub fn judge(claim: &Claim, outcomes: &BTreeMap<String, Outcome>) -> Judged {
    let (verdict, measured) = match outcomes.get(&claim.step) {
        Some(Outcome::Ran(figures)) => measure(claim, figures),
        // What it left may be half a measurement; that it failed is the one sure thing.
        Some(Outcome::Failed(_, figures)) if claim.figure == "exit" => measure(claim, figures),
        Some(Outcome::Failed(why, _)) => (Verdict::NotShown, why.clone()),
        Some(Outcome::TooExpensive(why)) => (Verdict::NotRun, why.clone()),
        None => (Verdict::NotShown, format!("no step `{}`", claim.step)),
    };
    let stolen = match outcomes.get(&claim.step) {
        Some(Outcome::Ran(figures)) => figures.get("stolen").copied(),
        _ => None,
    };
    Judged {
        claim: claim.text.clone(),
        required: format!("{} {}", claim.required, claim.unit)
            .trim_end()
            .into(),
        measured,
        verdict,
        stolen: stolen.filter(|part| *part >= ROBBED),
    }
}

fn measure(claim: &Claim, figures: &Figures) -> (Verdict, String) {
    for need in &claim.needs {
        let had = figures.get(&need.figure);
        if !had.is_some_and(|value| need.rule.holds(*value)) {
            let had = had.map_or_else(|| "unknown".into(), |value| number(*value));
            let why = format!("needs {} {}, but it is {had}", need.figure, need.rule);
            return (Verdict::NotShown, why);
        }
    }
    let Some(value) = figures.get(&claim.figure) else {
        return (
            Verdict::NotShown,
            format!("`{}` did not say it", claim.step),
        );
    };
    let measured = format!("{} {}", number(*value), claim.unit);
    let measured = measured.trim_end().into();
    match claim.required.holds(*value) {
        true => (Verdict::Holds, measured),
        false => (Verdict::FallsShort, measured),
    }
}

/// A number with no more digits than it takes.
pub fn number(value: f64) -> String {
    match value.abs() {
        v if v.fract() == 0.0 => format!("{value}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// One line for each claim, and the sum of them.
pub fn table(title: &str, judged: &[Judged]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '-');
    table.set_header(["claim", "required", "measured", "verdict"]);
    for Judged {
        claim,
        required,
        measured,
        verdict,
        stolen,
    } in judged
    {
        let measured = match stolen {
            Some(part) => format!("{measured}, {:.0} % stolen", part * 100.0),
            None => measured.clone(),
        };
        let verdict = match verdict {
            Verdict::Holds => "holds",
            Verdict::FallsShort => "FALLS SHORT",
            Verdict::NotShown => "NOT SHOWN",
            Verdict::NotRun => "not run",
        };
        table.add_row([claim, required, &measured, verdict]);
    }
    let count = |wanted| {
        judged
            .iter()
            .filter(|judged| judged.verdict == wanted)
            .count()
    };
    let robbed = match judged.iter().any(|judged| judged.stolen.is_some()) {
        true => "stolen: of the time of this machine's CPUs, by its own host; ratios near 1 are uncertain then\n",
        false => "",
    };
    format!(
        "{title}\n\n{}\n\n{robbed}{} claims: {} hold, {} fall short, {} not shown, {} not run",
        table.trim_fmt(),
        judged.len(),
        count(Verdict::Holds),
        count(Verdict::FallsShort),
        count(Verdict::NotShown),
        count(Verdict::NotRun)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(outcome: Outcome) -> Verdict {
        judged(outcome).verdict
    }

    fn judged(outcome: Outcome) -> Judged {
        let text =
            "text = 'c'\nstep = 's'\nfigure = 'storm'\nrequired = '< 0.05'\nneeds = ['ratio >= 4']";
        let claim: Claim = toml::from_str(text).unwrap();
        judge(&claim, &BTreeMap::from([("s".into(), outcome)]))
    }

    fn figures(storm: f64, ratio: f64) -> Figures {
        Figures::from([("storm".into(), storm), ("ratio".into(), ratio)])
    }

    #[test]
    fn a_claim_holds_or_falls_short_by_its_figure() {
        assert_eq!(verdict(Outcome::Ran(figures(0.01, 4.0))), Verdict::Holds);
        assert_eq!(
            verdict(Outcome::Ran(figures(0.2, 4.0))),
            Verdict::FallsShort
        );
    }

    #[test]
    fn what_a_robbed_machine_measures_says_so() {
        let table = |storm, part| {
            let mut figures = figures(storm, 4.0);
            figures.insert("stolen".into(), part);
            table("t", &[judged(Outcome::Ran(figures))])
        };
        for storm in [0.2, 0.01] {
            let robbed = table(storm, 0.31);
            assert!(robbed.contains(", 31 % stolen") && robbed.contains("its own host"));
            assert!(!table(storm, 0.01).contains("stolen"));
        }
    }

    #[test]
    fn a_claim_whose_ground_is_missing_is_not_shown() {
        assert_eq!(verdict(Outcome::Ran(figures(0.01, 2.0))), Verdict::NotShown);
        assert_eq!(verdict(Outcome::Ran(Figures::new())), Verdict::NotShown);
        assert_eq!(
            verdict(Outcome::Failed("why".into(), figures(0.01, 4.0))),
            Verdict::NotShown
        );
    }

    #[test]
    fn only_what_is_too_expensive_may_be_left_out() {
        assert_eq!(
            verdict(Outcome::TooExpensive("COLD=1 runs it".into())),
            Verdict::NotRun
        );
    }
}

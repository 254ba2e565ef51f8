// SPDX-License-Identifier: GPL-2.0

//! A document's claim held against what was measured here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::document::{Claim, Measure};
use crate::judge::{
    evidence::{number, rule::Condition, step::Outcome},
    figures::Figures,
};

/// What is to be said of a claim of a document.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Measured, and so here too.
    Reproduced,
    /// Measured, and not so here.
    NotReproduced,
    /// Nothing that can be measured on this machine says anything about it.
    CannotBeShown,
    /// It was to be measured, and was not: an error of ours.
    NotMeasured,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::NotReproduced => "not reproduced",
            Self::CannotBeShown => "cannot be shown on this machine",
            Self::NotMeasured => "NOT MEASURED",
        }
    }
}

/// A claim with its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Where in the document it stands.
    pub place: String,
    /// What it says, in our words.
    pub says: String,
    /// What was measured.
    pub measured: Option<String>,
    /// What it would have to be.
    pub required: Option<String>,
    /// Numbers beside it.
    pub beside: Vec<String>,
    /// What is to be said of it.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
}

type Outcomes = BTreeMap<String, Outcome>;

/// Holds `claim` against what the steps measured.
pub fn answer(claim: &Claim, outcomes: &Outcomes) -> Answer {
    let figure = |step: &str, name: &str| match outcomes.get(step)? {
        Outcome::Ran(figures) => figures.get(name).copied(),
        Outcome::Failed(..) | Outcome::TooExpensive(_) => None,
    };
    let beside = claim.beside.iter().map(|beside| {
        let value = figure(&beside.step, &beside.figure);
        let value = value.map_or_else(|| "not measured".into(), |value| said(value, &beside.unit));
        format!("{value}: {}", beside.what)
    });
    let (verdict, value, why) = match &claim.measure {
        None => (Verdict::CannotBeShown, None, claim.why.clone()),
        Some(measure) => judge(claim, measure, outcomes),
    };
    let measure = claim.measure.as_ref();
    let value = value.zip(measure);
    Answer {
        place: claim.place.clone(),
        says: claim.says.clone(),
        measured: value
            .map(|(value, measure)| format!("{}: {}", said(value, &measure.unit), measure.what)),
        required: measure.map(required),
        beside: beside.collect(),
        verdict,
        why,
    }
}

fn judge(claim: &Claim, measure: &Measure, outcomes: &Outcomes) -> (Verdict, Option<f64>, String) {
    let none = |why: String| (Verdict::NotMeasured, None, why);
    let figures = match outcomes.get(&measure.step) {
        Some(Outcome::Ran(figures)) => figures,
        Some(Outcome::Failed(why, _) | Outcome::TooExpensive(why)) => return none(why.clone()),
        None => return none(format!("no step `{}`", measure.step)),
    };
    if let Some(need) = measure.needs.iter().find(|need| !meets(need, figures)) {
        let why = format!("needs {} {}", need.figure, need.rule);
        return (Verdict::CannotBeShown, None, why);
    }
    let Some(value) = figures.get(&measure.figure).copied() else {
        let why = format!("step `{}` did not say `{}`", measure.step, measure.figure);
        return none(why);
    };
    let mut and = measure.and.iter();
    if let Some(missing) = and.find(|one| !figures.contains_key(&one.figure)) {
        let why = format!("step `{}` did not say `{}`", measure.step, missing.figure);
        return none(why);
    }
    match measure.required.holds(value) && measure.and.iter().all(|one| meets(one, figures)) {
        true => (Verdict::Reproduced, Some(value), claim.why.clone()),
        false => {
            let why = claim.otherwise.as_ref().unwrap_or(&claim.why).clone();
            (Verdict::NotReproduced, Some(value), why)
        }
    }
}

fn meets(condition: &Condition, figures: &Figures) -> bool {
    let value = figures.get(&condition.figure);
    value.is_some_and(|value| condition.rule.holds(*value))
}

fn said(value: f64, unit: &str) -> String {
    format!("{} {unit}", number(value)).trim_end().into()
}

fn required(measure: &Measure) -> String {
    let first = format!("{} {}", measure.required, measure.unit);
    let mut all = vec![first.trim_end().to_string()];
    all.extend(
        measure
            .and
            .iter()
            .map(|one| format!("{} {}", one.figure, one.rule)),
    );
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: &str = "place = 'p'\nsays = 's'\nwhy = 'because'\notherwise = 'it is not'\n\
        beside = [{ what = 'b', step = 's', figure = 'b', unit = '%' }]\n\
        [measure]\nwhat = 'f'\nstep = 's'\nfigure = 'a'\nunit = 'x'\nrequired = '> 1'\n\
        and = ['c < 5']\nneeds = ['cpus >= 2']";

    fn of(outcome: Outcome) -> Answer {
        let claim: Claim = toml::from_str(CLAIM).unwrap();
        answer(&claim, &BTreeMap::from([("s".into(), outcome)]))
    }

    fn ran(figures: &[(&str, f64)]) -> Answer {
        let figures = figures.iter().map(|(name, value)| ((*name).into(), *value));
        of(Outcome::Ran(figures.collect()))
    }

    #[test]
    fn a_claim_is_reproduced_if_its_figure_and_all_others_are_as_required() {
        let answer = ran(&[("a", 2.0), ("b", 97.0), ("c", 4.0), ("cpus", 2.0)]);
        assert_eq!(answer.verdict, Verdict::Reproduced);
        assert_eq!(answer.measured.as_deref(), Some("2 x: f"));
        assert_eq!(answer.required.as_deref(), Some("> 1 x, c < 5"));
        assert_eq!(answer.beside, ["97 %: b"]);
        assert_eq!(answer.why, "because");
        for (a, c) in [(1.0, 4.0), (2.0, 5.0)] {
            let answer = ran(&[("a", a), ("c", c), ("cpus", 2.0)]);
            assert_eq!(answer.verdict, Verdict::NotReproduced);
            assert_eq!(answer.why, "it is not");
            assert_eq!(answer.beside, ["not measured: b"]);
        }
    }

    #[test]
    fn what_the_machine_lacks_cannot_be_shown() {
        let answer = ran(&[("a", 2.0), ("c", 4.0), ("cpus", 1.0)]);
        assert_eq!(answer.verdict, Verdict::CannotBeShown);
        assert_eq!(answer.why, "needs cpus >= 2");
        let claim: Claim = toml::from_str("place = 'p'\nsays = 's'\nwhy = 'no such CPU'").unwrap();
        let answer = super::answer(&claim, &BTreeMap::new());
        assert_eq!(answer.verdict, Verdict::CannotBeShown);
        assert_eq!(answer.why, "no such CPU");
    }

    #[test]
    fn a_step_that_failed_or_said_nothing_is_no_answer() {
        for answer in [
            ran(&[("c", 4.0), ("cpus", 2.0)]),
            ran(&[("a", 2.0), ("cpus", 2.0)]),
            of(Outcome::Failed("`x` failed".into(), Figures::new())),
        ] {
            assert_eq!(answer.verdict, Verdict::NotMeasured, "{answer:?}");
            assert_eq!(answer.measured, None);
        }
    }
}

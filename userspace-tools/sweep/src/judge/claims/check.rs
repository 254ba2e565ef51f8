// SPDX-License-Identifier: GPL-2.0

//! A claim checked against the figures of its step.

use serde::Serialize;

use super::{
    file::Claim,
    step::{StepResult, Steps},
};
use crate::{
    judge::{estimate::Estimate, figures::Figures, verdict::Verdict},
    plan::rule::Rule,
};

/// Steal time, as part of all CPU time, from which it is shown beside a measurement.
const NOTABLE_STEAL: f64 = 0.02;

/// A claim with its verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Place in the source document.
    pub place: String,
    /// The claim in words.
    pub text: String,
    /// What was measured.
    pub measured: Option<String>,
    /// What is required of it.
    pub required: Option<String>,
    /// Figures beside it.
    pub beside: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Its ground.
    pub why: String,
    /// Steal time of this machine meanwhile, 0 to 1, if it is notable.
    pub stolen: Option<f64>,
}

/// Checks `claim`. Where a precondition is not met, a claim of a source document is not testable
/// here, and one of the project was not measured as it has to be.
pub fn check(claim: &Claim, steps: &Steps, of_document: bool) -> Checked {
    let ran = |step: &str| steps.get(step).and_then(StepResult::figures);
    let beside = claim.beside.iter().map(|beside| {
        let value = ran(&beside.step).and_then(|figures| figures.get(&beside.figure));
        let value = value.map_or("not measured".into(), |value| {
            with_unit(*value, &beside.unit)
        });
        format!("{value}: {}", beside.measure)
    });
    let mut checked = Checked {
        place: claim.place.clone(),
        text: claim.text.clone(),
        measured: None,
        required: required(&claim.expect),
        beside: beside.collect(),
        verdict: Verdict::Skip,
        why: claim.why.clone(),
        stolen: None,
    };
    let Some(step) = &claim.step else {
        return checked;
    };
    let figures = match steps.get(step) {
        Some(StepResult::Ran(figures)) => figures,
        // Figures of a failed step may be incomplete, but its exit code is not.
        Some(StepResult::Failed(_, figures)) if claim.is_about_exit() => figures,
        Some(StepResult::Failed(why, _)) => return checked.but(Verdict::NotMeasured, why.clone()),
        Some(StepResult::Skipped(why)) => return checked.but(Verdict::Skip, why.clone()),
        None => return checked.but(Verdict::NotMeasured, format!("no step `{step}`")),
    };
    let stolen = figures.get("stolen").copied();
    checked.stolen = stolen.filter(|part| *part >= NOTABLE_STEAL);
    if let Some(why) = claim.needs.iter().find_map(|need| unmet(need, figures)) {
        let verdict = match of_document {
            true => Verdict::Skip,
            false => Verdict::NotMeasured,
        };
        return checked.but(verdict, why);
    }
    match compare(&claim.expect, figures) {
        Err(missing) => {
            let why = format!("step `{step}` did not report `{missing}`");
            checked.but(Verdict::NotMeasured, why)
        }
        Ok((verdict, value)) => {
            let measured = with_unit(value, &claim.expect[0].unit);
            checked.measured = Some(match claim.measure.as_str() {
                "" => measured,
                what => format!("{measured}: {what}"),
            });
            let failed = claim.otherwise.clone().filter(|_| verdict == Verdict::Fail);
            let why = failed.unwrap_or_else(|| claim.why.clone());
            checked.but(verdict, why)
        }
    }
}

impl Checked {
    fn but(self, verdict: Verdict, why: String) -> Self {
        Self {
            verdict,
            why,
            ..self
        }
    }
}

impl Claim {
    fn is_about_exit(&self) -> bool {
        self.expect.iter().all(|rule| rule.figure() == Ok("exit"))
    }
}

/// The value of a rule's figure; the figure's name if there is none.
fn value<'a>(rule: &'a Rule, figures: &Figures) -> Result<f64, &'a str> {
    let name = rule.figure().unwrap_or(&rule.text);
    figures.get(name).copied().ok_or(name)
}

/// The worst verdict of `rules`, and the figure of the first; the name of a figure that is missing.
fn compare<'a>(rules: &'a [Rule], figures: &Figures) -> Result<(Verdict, f64), &'a str> {
    let values = rules.iter().map(|rule| value(rule, figures));
    let values: Vec<f64> = values.collect::<Result<_, _>>()?;
    let judge = |(rule, value): (&Rule, &f64)| Estimate::exact(*value).judge(rule.op, rule.bound());
    Ok((
        Verdict::worst(rules.iter().zip(&values).map(judge)),
        values[0],
    ))
}

fn unmet(need: &Rule, figures: &Figures) -> Option<String> {
    let value = value(need, figures).ok();
    if value.is_some_and(|value| need.op.holds(value, need.bound())) {
        return None;
    }
    let value = value.map_or("unknown".into(), number);
    Some(format!("needs {}, measured {value}", need.text))
}

fn required(rules: &[Rule]) -> Option<String> {
    let (first, rest) = rules.split_first()?;
    let rest = rest.iter().map(|rule| rule.text.as_str());
    let all: Vec<&str> = std::iter::once(first.required()).chain(rest).collect();
    Some(all.join(", "))
}

fn with_unit(value: f64, unit: &str) -> String {
    format!("{} {unit}", number(value)).trim_end().into()
}

/// A number with as few digits as its magnitude needs.
fn number(value: f64) -> String {
    match value.abs() {
        v if v.fract() == 0.0 => format!("{value}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const OWN: &str = "text = 'c'\nstep = 's'\nexpect = 'storm < 0.05 x'\nneeds = ['ratio >= 4']";
    const DOCUMENT: &str = "place = 'p'\ntext = 't'\nwhy = 'because'\notherwise = 'it is not'\n\
        measure = 'f'\nstep = 's'\nexpect = ['a > 1 x', 'c < 5']\nneeds = ['cpus >= 2']\n\
        beside = [{ measure = 'b', step = 's', figure = 'b', unit = '%' }]";

    fn figures(figures: &[(&str, f64)]) -> Figures {
        let figures = figures.iter().map(|(name, value)| ((*name).into(), *value));
        figures.collect()
    }

    fn checked(claim: &str, result: StepResult) -> Checked {
        let claim: Claim = toml::from_str(claim).unwrap();
        let steps = BTreeMap::from([("s".into(), result)]);
        check(&claim, &steps, !claim.place.is_empty())
    }

    fn ran(claim: &str, named: &[(&str, f64)]) -> Checked {
        checked(claim, StepResult::Ran(figures(named)))
    }

    #[test]
    fn claim_passes_or_fails_by_its_figure() {
        let passed = ran(OWN, &[("storm", 0.01), ("ratio", 4.0)]);
        assert_eq!(passed.verdict, Verdict::Pass);
        assert_eq!(passed.measured.as_deref(), Some("0.0100 x"));
        assert_eq!(passed.required.as_deref(), Some("< 0.05 x"));
        let fail = ran(OWN, &[("storm", 0.2), ("ratio", 4.0)]);
        assert_eq!(fail.verdict, Verdict::Fail);
    }

    #[test]
    fn claim_passes_only_if_all_its_rules_do() {
        let passed = ran(
            DOCUMENT,
            &[("a", 2.0), ("b", 97.0), ("c", 4.0), ("cpus", 2.0)],
        );
        assert_eq!(passed.verdict, Verdict::Pass);
        assert_eq!(passed.measured.as_deref(), Some("2 x: f"));
        assert_eq!(passed.required.as_deref(), Some("> 1 x, c < 5"));
        assert_eq!(
            (passed.beside, passed.why),
            (vec!["97 %: b".into()], "because".into())
        );
        for (a, c) in [(1.0, 4.0), (2.0, 5.0)] {
            let fail = ran(DOCUMENT, &[("a", a), ("c", c), ("cpus", 2.0)]);
            assert_eq!(
                (fail.verdict, fail.why.as_str()),
                (Verdict::Fail, "it is not")
            );
            assert_eq!(fail.beside, ["not measured: b"]);
        }
    }

    #[test]
    fn unmet_need_skips_a_claim_of_a_document_and_fails_one_of_the_project() {
        let unmet = ran(DOCUMENT, &[("a", 2.0), ("c", 4.0), ("cpus", 1.0)]);
        assert_eq!(unmet.verdict, Verdict::Skip);
        assert_eq!(unmet.why, "needs cpus >= 2, measured 1");
        let unmet = ran(OWN, &[("storm", 0.01), ("ratio", 2.0)]);
        assert_eq!(unmet.verdict, Verdict::NotMeasured);
        let unknown = ran(OWN, &[("storm", 0.01)]);
        assert_eq!(unknown.why, "needs ratio >= 4, measured unknown");
        let untestable = checked(
            "place = 'p'\ntext = 't'\nwhy = 'no such CPU'",
            StepResult::Ran(Figures::new()),
        );
        assert_eq!(
            (untestable.verdict, untestable.why.as_str()),
            (Verdict::Skip, "no such CPU")
        );
    }

    #[test]
    fn missing_figure_and_failed_step_are_not_measured() {
        let failed = || StepResult::Failed("`x` failed".into(), figures(&[("storm", 0.01)]));
        for checked in [
            ran(DOCUMENT, &[("c", 4.0), ("cpus", 2.0)]),
            ran(DOCUMENT, &[("a", 2.0), ("cpus", 2.0)]),
            checked(DOCUMENT, failed()),
            checked(OWN, failed()),
        ] {
            assert_eq!(checked.verdict, Verdict::NotMeasured, "{checked:?}");
            assert_eq!(checked.measured, None);
        }
    }

    #[test]
    fn failed_step_has_its_exit_code() {
        let claim = "text = 'c'\nstep = 's'\nexpect = 'exit == 1'";
        let failed = StepResult::Failed("why".into(), figures(&[("exit", 1.0)]));
        assert_eq!(checked(claim, failed).verdict, Verdict::Pass);
    }

    #[test]
    fn claim_of_an_expensive_step_is_skipped() {
        let skipped = checked(OWN, StepResult::Skipped("COLD=1 runs it".into()));
        assert_eq!(
            (skipped.verdict, skipped.why.as_str()),
            (Verdict::Skip, "COLD=1 runs it")
        );
    }

    #[test]
    fn notable_steal_time_is_kept() {
        let stolen = |part| {
            let named = [("storm", 0.2), ("ratio", 4.0), ("stolen", part)];
            ran(OWN, &named).stolen
        };
        assert_eq!((stolen(0.31), stolen(0.01)), (Some(0.31), None));
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A claim checked against the figures of its step.

use serde::Serialize;
use statistics::confidence::FAMILY;

use super::{
    cause::cause,
    file::Claim,
    machine,
    step::{StepResult, Steps},
};
use crate::{
    judge::{
        decide::{decide, Decided, Finding, Limit},
        figures::{Figures, Number, OTHERS},
        label::{suffix, Label},
        others,
        verdict::Verdict,
    },
    plan::rule::Rule,
};

/// Steal time, as part of all CPU time, from which it is shown beside a measurement.
const NOTABLE_STEAL: f64 = 0.02;

#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    pub place: String,
    pub text: String,
    pub measured: Option<String>,
    /// Kind and tier of what was measured, if its step says so.
    #[serde(flatten)]
    pub label: Option<Label>,
    pub required: Option<String>,
    /// Why the limit is what it is.
    pub reason: String,
    /// What stands in for what the claim is about.
    pub surrogate: Option<String>,
    pub beside: Vec<String>,
    pub verdict: Verdict,
    pub why: String,
    /// Steal time of this machine meanwhile, 0 to 1, if it is notable.
    pub stolen: Option<f64>,
}

/// Checks all claims against the results of the steps and the facts of the machine: they are one family.
pub fn check_all(
    claims: &[Claim],
    steps: &Steps,
    facts: &Figures,
    of_document: bool,
) -> Vec<Checked> {
    let found = claims
        .iter()
        .map(|claim| find(claim, steps, facts, of_document));
    let found: Vec<Result<Vec<(f64, Finding)>, _>> = found.collect();
    let findings = found.iter().flatten().flatten();
    let findings: Vec<Finding> = findings.map(|(_, finding)| finding.clone()).collect();
    let mut decided = decide(&findings, FAMILY).into_iter();
    let claims = claims.iter().zip(found);
    let checked = claims.map(|(claim, found)| {
        let judged = found.map(|found| {
            let value = found.first().map_or(f64::NAN, |(value, _)| *value);
            (value, decided.by_ref().take(found.len()).collect())
        });
        checked(claim, steps, judged)
    });
    checked.collect()
}

/// A claim with the value of its first figure and what was decided on its rules, or with the verdict
/// on what cannot be checked and the reason.
fn checked(
    claim: &Claim,
    steps: &Steps,
    judged: Result<(f64, Vec<Decided>), (Verdict, String)>,
) -> Checked {
    let figure = |step: &str, name: &str| -> Option<f64> {
        Some(steps.get(step)?.figures()?.get(name)?.value())
    };
    let beside = claim.beside.iter().map(|beside| {
        let value = figure(&beside.step, &beside.figure);
        let value = value.map(|value| with_unit(value, &beside.unit));
        let value = value.unwrap_or("not measured".into());
        format!("{value}: {}", beside.measure)
    });
    let label = claim.step.as_deref().zip(claim.expect.first());
    let label = label.and_then(|(step, rule)| {
        let figures = steps.get(step)?.figures()?;
        number_of(rule, figures).ok()?.label()
    });
    let measured = judged.as_ref().ok().map(|(value, decided)| {
        let value = with_unit(*value, &claim.expect[0].unit);
        let over = decided.first().filter(|first| first.boots.is_some());
        let over = over.map_or_else(String::new, |first| format!(" ({})", first.measured));
        match claim.measure.as_str() {
            "" => value + &over,
            what => format!("{value}{over}: {what}"),
        }
    });
    let measured = measured.map(|text| text + &suffix(label));
    let known = |name: &str| {
        let own = claim.step.iter();
        let all = own.chain(steps.keys());
        let mut values = all.filter_map(|step| figure(step, name));
        values.next().map(number)
    };
    // The ground of a PASS is none of a FAIL.
    let otherwise = claim.otherwise.as_deref().unwrap_or_default();
    let (verdict, why) = match &judged {
        Ok((_, decided)) => {
            let verdict = Verdict::worst(decided.iter().map(|one| one.verdict));
            let needed = decided.iter().filter_map(|one| one.boots_needed).max();
            let why = match (verdict, needed) {
                (Verdict::Fail, _) => cause(otherwise, known),
                (Verdict::Inconclusive, Some(n)) => format!("about {n} boots needed"),
                _ => cause(&claim.why, known),
            };
            (verdict, why)
        }
        Err(not_checked) => not_checked.clone(),
    };
    let step = claim.step.as_deref();
    let stolen = step.and_then(|step| figure(step, "stolen"));
    Checked {
        place: claim.place.clone(),
        text: claim.text.clone(),
        measured,
        label,
        required: required(&claim.expect),
        reason: claim.reason.clone(),
        surrogate: claim.surrogate.clone(),
        beside: beside.collect(),
        verdict,
        why,
        stolen: stolen.filter(|part| *part >= NOTABLE_STEAL),
    }
}

/// The value of each rule's figure and what it says of the limit, or the verdict on a claim that
/// cannot be checked with the reason. Where a precondition is not met, a claim of a source document
/// is not testable here, while one of the project was not measured as it has to be.
fn find(
    claim: &Claim,
    steps: &Steps,
    facts: &Figures,
    of_document: bool,
) -> Result<Vec<(f64, Finding)>, (Verdict, String)> {
    let skip = |why: &str| (Verdict::Skip, why.to_string());
    let not_measured = |why: &str| (Verdict::NotMeasured, why.to_string());
    let Some(step) = claim.step.as_deref() else {
        return Err(without_step(claim, facts));
    };
    let figures = match steps.get(step) {
        Some(StepResult::Ran(figures)) => figures,
        // Figures of a failed step may be incomplete, but its exit code is not.
        Some(StepResult::Failed(_, figures)) if claim.is_about_exit() => figures,
        Some(StepResult::Failed(why, _)) => return Err(not_measured(why)),
        Some(StepResult::Skipped(why)) => return Err(skip(why)),
        None => return Err(not_measured(&format!("no step `{step}`"))),
    };
    let unreported =
        |missing: &str| not_measured(&format!("step `{step}` did not report `{missing}`"));
    let why = first_unmet(&claim.needs, figures, facts).map_err(unreported)?;
    if let Some(why) = why {
        return Err(match of_document {
            true => skip(&why),
            false => not_measured(&why),
        });
    }
    if let Some(why) = disturbed(claim, figures) {
        return Err(not_measured(&why));
    }
    let found = claim.expect.iter().map(|rule| {
        let number = number_of(rule, figures)?;
        let (op, bound) = (rule.op, rule.bound());
        Ok((number.value(), number.finding(Limit { op, bound })))
    });
    found.collect::<Result<_, &str>>().map_err(unreported)
}

/// Why an estimate of time is none: others had too much of the CPUs of its guests. Counts are as they are.
fn disturbed(claim: &Claim, figures: &Figures) -> Option<String> {
    let others = figures.get(OTHERS)?.value();
    let mut all = claim.expect.iter();
    let of_time = all.any(|rule| number_of(rule, figures).is_ok_and(Number::is_of_time));
    of_time.then(|| others::disturbed(others)).flatten()
}

impl Claim {
    fn is_about_exit(&self) -> bool {
        self.expect.iter().all(|rule| rule.figure() == Ok("exit"))
    }
}

/// A rule's figure; its name if there is none.
fn number_of<'a>(rule: &'a Rule, figures: &'a Figures) -> Result<&'a Number, &'a str> {
    let name = rule.figure().unwrap_or(&rule.text);
    figures.get(name).ok_or(name)
}

/// The verdict on a claim that no step measures: not testable here, unless the machine has what it needs.
fn without_step(claim: &Claim, facts: &Figures) -> (Verdict, String) {
    let mut unmet = claim.needs.iter().filter_map(|need| unmet(need, facts));
    match unmet.next() {
        Some(unmet) => (Verdict::Skip, format!("{}; {unmet}", claim.why)),
        None if claim.needs.is_empty() => (Verdict::Skip, claim.why.clone()),
        None => {
            let why = "this machine has what it needs, but no step measures it";
            (Verdict::NotMeasured, why.into())
        }
    }
}

/// The first of `needs` that is not met; the name of a figure that the step does not have, since that is no
/// ground to call a claim not testable.
fn first_unmet<'a>(
    needs: &'a [Rule],
    figures: &Figures,
    facts: &Figures,
) -> Result<Option<String>, &'a str> {
    let is_fact = |need: &&Rule| {
        let name = need.figure();
        name.is_ok_and(|name| name.starts_with(machine::PREFIX))
    };
    let (of_machine, of_step): (Vec<&Rule>, Vec<&Rule>) = needs.iter().partition(is_fact);
    if let Some(why) = of_machine.iter().find_map(|need| unmet(need, facts)) {
        return Ok(Some(why));
    }
    for need in &of_step {
        let name = need.figure().unwrap_or(&need.text);
        figures.get(name).ok_or(name)?;
    }
    Ok(of_step.iter().find_map(|need| unmet(need, figures)))
}

/// Why it is not met.
fn unmet(need: &Rule, figures: &Figures) -> Option<String> {
    let value = number_of(need, figures).ok().map(Number::value);
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
#[path = "check_tests.rs"]
mod tests;

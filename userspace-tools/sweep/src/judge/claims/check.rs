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
        verdict::Verdict,
    },
    plan::rule::Rule,
};

/// Steal time, as part of all CPU time, from which it is shown beside a measurement.
const NOTABLE_STEAL: f64 = 0.02;

/// The most of the guests' CPUs that others may take from an estimate: a kernel developer bisects regressions of 10 %.
const MOST_OTHERS: f64 = 0.1;

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
    let (percent, most) = (others * 100.0, MOST_OTHERS * 100.0);
    (of_time && others > MOST_OTHERS).then(|| {
        format!(
            "other processes took {percent:.0} % of the guests' CPUs (allowed: {most:.0} %). Try: on an idle machine"
        )
    })
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
mod tests {
    use results::Kind;
    use statistics::{Estimate, Scale};
    use vm_record::Tier;

    use super::{StepResult::Ran, Verdict::*, *};
    use crate::judge::figures::Compared;

    const OWN: &str = "text = 'c'\nstep = 's'\nexpect = 'storm < 0.05 x'\nneeds = ['ratio >= 4']";
    const SOURCE: &str = "place = 'p'\ntext = 't'\nwhy = 'because'\notherwise = 'it is not'\n\
        measure = 'f'\nstep = 's'\nexpect = ['a > 1 x', 'c < 5']\nneeds = ['cpus >= 2']\n\
        beside = [{ measure = 'b', step = 's', figure = 'b', unit = '%' }]";

    /// The claim, with the figures that `result` makes of `a=1 b=2`.
    fn checked(claim: &str, result: fn(Figures) -> StepResult, figures: &str) -> Checked {
        let claim: Claim = toml::from_str(claim).unwrap();
        let figures = figures.split_whitespace().map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.into(), Number::Exact(value.parse().unwrap()))
        });
        let steps = Steps::from([("s".into(), result(figures.collect()))]);
        let of_document = !claim.place.is_empty();
        check_all(&[claim], &steps, &facts(), of_document).remove(0)
    }

    fn facts() -> Figures {
        Figures::from([("machine.nodes".into(), 2.0.into())])
    }

    fn failed(figures: Figures) -> StepResult {
        StepResult::Failed("`x` failed".into(), figures)
    }

    #[test]
    fn claim_has_the_worst_verdict_of_its_rules() {
        for (claim, figures, verdict, why) in [
            (OWN, "storm=0.01 ratio=4", Pass, ""),
            (OWN, "storm=0.2 ratio=4", Fail, ""),
            (SOURCE, "a=2 c=4 cpus=2", Pass, "conjecture: because"),
            (SOURCE, "a=1 c=4 cpus=2", Fail, "conjecture: it is not"),
            (SOURCE, "a=2 c=5 cpus=2", Fail, "conjecture: it is not"),
        ] {
            let checked = checked(claim, Ran, figures);
            assert_eq!((checked.verdict, checked.why.as_str()), (verdict, why));
        }
        let whole = checked(SOURCE, Ran, "a=2 b=97 c=4 cpus=2");
        assert_eq!(whole.measured.as_deref(), Some("2 x: f"));
        assert_eq!(whole.required.as_deref(), Some("> 1 x, c < 5"));
        assert_eq!(whole.beside, ["97 %: b"]);
        let without = checked(SOURCE, Ran, "a=2 c=4 cpus=2");
        assert_eq!(without.beside, ["not measured: b"]);
    }

    #[test]
    fn claim_that_cannot_be_checked_is_skipped_or_not_measured() {
        let skipped = |_| StepResult::Skipped("COLD=1 runs it".into());
        let untestable = "place = 'p'\ntext = 't'\nwhy = 'no such CPU'";
        let ran = Ran as fn(Figures) -> StepResult;
        let nodes = |n: u32| format!("{untestable}\nneeds = ['machine.nodes >= {n}']");
        let (few, many) = (nodes(2), nodes(8));
        for (claim, result, figures, verdict, why) in [
            (SOURCE, ran, "a=2 c=4 cpus=1", Skip, "cpus >= 2"),
            (untestable, ran, "", Skip, "no such CPU"),
            (
                &many,
                ran,
                "",
                Skip,
                "no such CPU; needs machine.nodes >= 8, measured 2",
            ),
            (&few, ran, "", NotMeasured, "no step measures it"),
            (OWN, skipped, "", Skip, "COLD=1 runs it"),
            (OWN, ran, "storm=1 ratio=2", NotMeasured, "measured 2"),
            (OWN, ran, "storm=1", NotMeasured, "report `ratio`"),
            (SOURCE, ran, "a=2 c=4", NotMeasured, "report `cpus`"),
            (SOURCE, ran, "c=4 cpus=2", NotMeasured, "report `a`"),
            (SOURCE, ran, "a=2 cpus=2", NotMeasured, "report `c`"),
            (SOURCE, failed, "a=2 c=4 cpus=2", NotMeasured, "failed"),
            (OWN, failed, "storm=1 ratio=4", NotMeasured, "failed"),
        ] {
            let checked = checked(claim, result, figures);
            assert_eq!(checked.verdict, verdict, "{checked:?}");
            assert!(checked.why.contains(why), "{checked:?}");
            assert_eq!(checked.measured, None);
        }
    }

    #[test]
    fn exit_code_of_a_failed_step_is_measured() {
        let claim = "text = 'c'\nstep = 's'\nexpect = 'exit == 1'";
        assert_eq!(checked(claim, failed, "exit=1").verdict, Pass);
    }

    #[test]
    fn notable_steal_time_is_kept() {
        let stolen = |figures| checked(OWN, Ran, figures).stolen;
        assert_eq!(stolen("storm=0.2 ratio=4 stolen=0.31"), Some(0.31));
        assert_eq!(stolen("storm=0.2 ratio=4 stolen=0.01"), None);
    }

    #[test]
    fn estimate_of_time_is_not_measured_if_others_had_the_cpus() {
        let claim: Claim = toml::from_str("text = 'c'\nstep = 's'\nexpect = 'a >= 1'").unwrap();
        let estimate = |kind, tier| {
            let boots: Vec<Vec<f64>> = [2.0, 2.1, 2.2].map(|value| vec![value]).into();
            let estimate = Estimate::of(Scale::Ratio, &boots).unwrap();
            let label = Some(Label::new(kind, tier));
            Number::from(Compared { estimate, label })
        };
        let verdict = |number: Number, others: f64| {
            let figures = [("a".into(), number), (OTHERS.into(), others.into())];
            let steps = Steps::from([("s".into(), Ran(figures.into()))]);
            let all = std::slice::from_ref(&claim);
            check_all(all, &steps, &facts(), false).remove(0)
        };
        let time = || estimate(Kind::Coherence, Tier::Tcg);
        assert_eq!(verdict(time(), 0.1).verdict, Pass);
        let disturbed = verdict(time(), 0.31);
        assert_eq!(disturbed.verdict, NotMeasured);
        assert!(disturbed
            .why
            .contains("took 31 % of the guests' CPUs (allowed: 10 %)"));
        assert_eq!(verdict(2.0.into(), 0.31).verdict, Pass, "a count");
        for (kind, tier) in [
            (Kind::Count, Tier::Count),
            (Kind::Slice, Tier::Sim),
            (Kind::Order, Tier::Tcg),
        ] {
            assert_eq!(
                verdict(estimate(kind, tier), 0.31).verdict,
                Pass,
                "{kind:?} {tier:?}"
            );
        }
    }
}

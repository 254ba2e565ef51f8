// SPDX-License-Identifier: GPL-2.0

//! The experiment's rules, evaluated at every parameter point where they apply.

use serde::Serialize;
use statistics::{confidence::FAMILY, Estimate};

use super::{
    cell::Cell,
    decide::{decide, needed, Finding, Limit},
    label::{self, suffix, Label},
    others,
    verdict::{Case, Verdict},
};
use crate::{
    console::numbers,
    plan::{
        experiment::{Experiment, Scenario},
        question::{Question, Side},
        rule::{Op, Rule},
        setting::{matches, without, words, Point},
    },
};

/// A rule's verdict at one parameter point.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    #[serde(rename = "part")]
    pub scenario: String,
    pub rule: String,
    /// The values on the axes that the rule does not name.
    pub at: Point,
    /// What was measured, with its interval.
    pub measured: String,
    pub verdict: Verdict,
    /// Kind and tier of what was measured.
    #[serde(flatten)]
    pub label: Option<Label>,
    /// About how many boots a verdict needs, if it is inconclusive.
    pub boots_needed: Option<usize>,
}

/// What was found of a rule at one parameter point, before its family is decided.
pub struct Found {
    scenario: String,
    rule: String,
    at: Point,
    finding: Finding,
    label: Option<Label>,
}

impl Judged {
    /// The same as a build server reads it.
    pub fn case(&self) -> Case {
        let at = words(&self.at);
        let gap = if at.is_empty() { "" } else { ", at " };
        Case::new(
            format!("{}: {}{gap}{at}", self.scenario, self.rule),
            self.verdict,
            format!("{}: {}{}", self.measured, self.word(), suffix(self.label)),
        )
    }

    /// The verdict, and how many boots it needs.
    pub fn word(&self) -> String {
        self.verdict.to_string() + &needed(self.boots_needed)
    }
}

/// Evaluates the rules of `scenario` over its cells; other processes took the part `others` of the guests' CPUs.
pub fn find(
    experiment: &Experiment,
    scenario: &Scenario,
    cells: &[Cell],
    others: Option<f64>,
) -> Result<Vec<Found>, String> {
    let mut all = Vec::new();
    for (of, rule) in scenario.rules() {
        let question = experiment.question(scenario, rule)?;
        let here = |cell: &&Cell| matches(&rule.at, &cell.settings) && matches(of, &cell.settings);
        let cells: Vec<&Cell> = cells.iter().filter(here).collect();
        let mut answers = answers(rule, &question, &cells);
        if answers.is_empty() {
            answers.push((Point::new(), Finding::Nothing("no run".into()), None));
        }
        all.extend(answers.into_iter().map(|(at, finding, label)| Found {
            scenario: scenario.name.clone(),
            rule: rule.text.clone(),
            at,
            finding: undisturbed(finding, label, others),
            label,
        }));
    }
    Ok(all)
}

/// The verdicts on the rules of all scenarios, which are one family, at one of so many `looks`.
pub fn judge(found: Vec<Found>, looks: u32) -> Vec<Judged> {
    let findings: Vec<Finding> = found.iter().map(|one| one.finding.clone()).collect();
    let decided = decide(&findings, FAMILY / f64::from(looks.max(1)));
    let judged = found
        .into_iter()
        .zip(decided)
        .map(|(found, decided)| Judged {
            scenario: found.scenario,
            rule: found.rule,
            at: found.at,
            measured: decided.measured,
            verdict: decided.verdict,
            label: found.label,
            boots_needed: decided.boots_needed,
        });
    judged.collect()
}

/// `finding`, unless it is an estimate of time and others had the CPUs meanwhile.
fn undisturbed(finding: Finding, label: Option<Label>, others: Option<f64>) -> Finding {
    let is_estimate = matches!(finding, Finding::Estimated(..));
    let is_of_time = is_estimate && label.is_none_or(Label::is_of_host_time);
    let others = others.filter(|_| is_of_time);
    let why = others.and_then(others::disturbed);
    why.map_or(finding, Finding::Nothing)
}

type Answer = (Point, Finding, Option<Label>);

/// The answers to `question` at every parameter point of `cells`.
fn answers<'a>(rule: &Rule, question: &'a Question, cells: &[&Cell]) -> Vec<Answer> {
    let is_on = |cell: &Cell, side: &Side| cell.at.get(&side.axis) == Some(&side.value);
    let on = |side: &'a Side| cells.iter().filter(move |cell| is_on(cell, side));
    match question {
        Question::Sides { of, to, cost } => {
            let pairs = on(of).map(|cell| {
                let at = without(&cell.at, &of.axis);
                let other = on(to).find(|other| without(&other.at, &to.axis) == at);
                match other {
                    Some(other) => {
                        let label = label::of_ratio(cell, &of.metric, other, &to.metric);
                        (at, ratio(rule, (cell, of), (other, to), *cost), label)
                    }
                    None => {
                        let why = "the other side has no run".into();
                        (at, Finding::Nothing(why), None)
                    }
                }
            });
            pairs.collect()
        }
        Question::Metric(name, side) => {
            let is_mine = |cell: &&&Cell| side.as_ref().is_none_or(|side| is_on(cell, side));
            let mine = cells.iter().filter(is_mine);
            mine.map(|cell| {
                let label = label::of_cell(cell, name);
                (cell.at.clone(), metric(rule, cell, name), label)
            })
            .collect()
        }
        Question::EveryRun(a, b) => {
            let answers = cells.iter();
            answers
                .map(|cell| {
                    let label = label::of_ratio(cell, a, cell, b);
                    (cell.at.clone(), every_run(rule, cell, a, b), label)
                })
                .collect()
        }
    }
}

/// The ratio of two sides.
fn ratio(
    rule: &Rule,
    (cell, of): (&Cell, &Side),
    (other, to): (&Cell, &Side),
    cost: bool,
) -> Finding {
    // A side that does less in the same time costs more.
    let is_turned = cost && cell.more_is_better();
    match cell.ratio(&of.metric, other, &to.metric) {
        Ok(ratio) if is_turned => estimated(rule, ratio.inverted()),
        Ok(ratio) => estimated(rule, ratio),
        Err(why) => Finding::Nothing(why),
    }
}

fn metric(rule: &Rule, cell: &Cell, name: &str) -> Finding {
    match cell.estimate(name) {
        Ok(estimate) => estimated(rule, estimate),
        Err(why) => Finding::Nothing(why),
    }
}

fn estimated(rule: &Rule, estimate: Estimate) -> Finding {
    let limit = Limit {
        op: rule.op,
        bound: rule.bound(),
    };
    Finding::Estimated(estimate, limit)
}

/// Two metrics of the same run. This needs no statistics: one run is enough for FAIL.
fn every_run(rule: &Rule, cell: &Cell, a: &str, b: &str) -> Finding {
    let values = |name: &str| -> Option<Vec<f64>> {
        let reports = cell.reports.iter();
        reports.map(|report| report.metric(name)).collect()
    };
    let (Some(values), Some(limits)) = (values(a), values(b)) else {
        return Finding::Nothing(format!("a run has no `{a}` or no `{b}`"));
    };
    let limits = limits.into_iter().map(|y| rule.bound() * y);
    let pairs: Vec<(f64, f64)> = values.into_iter().zip(limits).collect();
    // Nothing is as much as any part of nothing.
    let is_lower_bound = matches!(rule.op, Op::AtLeast | Op::More);
    if is_lower_bound && pairs.iter().all(|(_, limit)| *limit == 0.0) {
        return Finding::Nothing(format!("`{b}` is 0 in every run"));
    }
    let violated = pairs.iter().find(|(x, limit)| !rule.op.holds(*x, *limit));
    let farthest = || pairs.iter().max_by(|p, q| p.0.total_cmp(&q.0));
    let Some((x, limit)) = violated.or_else(farthest) else {
        return Finding::Nothing("no run".into());
    };
    let (x, limit, n) = (numbers::short(*x), numbers::short(*limit), pairs.len());
    let measured = format!("{a} {x} against {limit}, the farthest of {n} runs");
    Finding::Exact(violated.is_none().into(), measured)
}

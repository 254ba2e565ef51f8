// SPDX-License-Identifier: GPL-2.0

//! The experiment's rules, evaluated at every parameter point where they apply.
//!
//! A rule asks about one end of an interval, so [`RULE_ALPHA`] is the risk on both ends together.

use serde::Serialize;
use statistics::{confidence::RULE_ALPHA, Interval, Shift};

use super::{
    cell::Cell,
    estimate::Estimate,
    verdict::{Case, Verdict},
};
use crate::{
    console::numbers,
    plan::{
        experiment::{Experiment, Scenario},
        question::{Question, Side},
        rule::Rule,
        setting::{matches, without, words, Point},
    },
};

/// A rule's verdict at one parameter point.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    #[serde(rename = "part")]
    pub scenario: String,
    pub rule: String,
    #[serde(flatten)]
    pub answer: Answer,
}

/// A verdict and its ground.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The values on the axes that the rule does not name.
    pub at: Point,
    /// What was measured, with its interval.
    pub measured: String,
    pub verdict: Verdict,
    /// About how many repeats of each side a verdict needs, if it is inconclusive.
    pub repeats_needed: Option<usize>,
}

impl Judged {
    /// The same as a build server reads it.
    pub fn case(&self) -> Case {
        let at = words(&self.answer.at);
        let gap = if at.is_empty() { "" } else { ", at " };
        Case {
            name: format!("{}: {}{gap}{at}", self.scenario, self.rule),
            verdict: self.answer.verdict,
            text: format!("{}: {}", self.answer.measured, self.answer.word()),
        }
    }
}

impl Answer {
    /// Compares the estimate `judged` of `n` repeats with the rule's bound, and prints `shown`.
    fn new(rule: &Rule, at: Point, (shown, judged): (Estimate, Estimate), n: usize) -> Self {
        let verdict = judged.judge(rule.op, rule.bound());
        let needed = || judged.repeats(rule.bound(), n);
        Self {
            at,
            measured: shown.to_string(),
            verdict,
            repeats_needed: (verdict == Verdict::Inconclusive).then(needed),
        }
    }

    /// The verdict, and how many repeats it needs.
    pub fn word(&self) -> String {
        match self.repeats_needed {
            Some(n) => format!("{} (about {n} repeats needed)", self.verdict),
            None => self.verdict.to_string(),
        }
    }
}

/// Evaluates the rules of `scenario` over its cells.
pub fn judge(
    experiment: &Experiment,
    scenario: &Scenario,
    cells: &[Cell],
) -> Result<Vec<Judged>, String> {
    let mut all = Vec::new();
    for (of, rule) in scenario.rules() {
        let question = experiment.question(scenario, rule)?;
        let here = |cell: &&Cell| matches(&rule.at, &cell.settings) && matches(of, &cell.settings);
        let cells: Vec<&Cell> = cells.iter().filter(here).collect();
        let mut answers = answers(rule, &question, &cells);
        if answers.is_empty() {
            answers.push(Answer {
                at: Point::new(),
                measured: "not measured".into(),
                verdict: Verdict::Inconclusive,
                repeats_needed: Some(1),
            });
        }
        all.extend(answers.into_iter().map(|answer| Judged {
            scenario: scenario.name.clone(),
            rule: rule.text.clone(),
            answer,
        }));
    }
    Ok(all)
}

/// The answers to `question` at every parameter point of `cells`.
fn answers<'a>(rule: &Rule, question: &'a Question, cells: &[&Cell]) -> Vec<Answer> {
    let is_on = |cell: &Cell, side: &Side| cell.at.get(&side.axis) == Some(&side.value);
    let on = |side: &'a Side| cells.iter().filter(move |cell| is_on(cell, side));
    match question {
        Question::Sides { of, to, cost } => {
            let pairs = on(of).filter_map(|cell| {
                let at = without(&cell.at, &of.axis);
                let other = on(to).find(|other| without(&other.at, &to.axis) == at)?;
                ratio(rule, at, (cell, of), (other, to), *cost)
            });
            pairs.collect()
        }
        Question::Metric(name, side) => {
            let is_mine = |cell: &&&Cell| side.as_ref().is_none_or(|side| is_on(cell, side));
            let mine = cells.iter().filter(is_mine);
            mine.filter_map(|cell| metric(rule, cell, name)).collect()
        }
        Question::EveryRun(a, b) => {
            let answers = cells.iter().filter_map(|cell| every_run(rule, cell, a, b));
            answers.collect()
        }
    }
}

/// The ratio of two sides, from independent samples.
fn ratio(
    rule: &Rule,
    at: Point,
    (cell, of): (&Cell, &Side),
    (other, to): (&Cell, &Side),
    cost: bool,
) -> Option<Answer> {
    let (mine, theirs) = (values(cell, &of.metric), values(other, &to.metric));
    // A side that does less in the same time costs more.
    let shift = match cost && cell.more_is_better() {
        true => Shift::of(&mine, &theirs, RULE_ALPHA)?,
        false => Shift::of(&theirs, &mine, RULE_ALPHA)?,
    };
    let ratio = Estimate::from(shift);
    let n = mine.len().min(theirs.len());
    Some(Answer::new(rule, at, (ratio, ratio), n))
}

/// The median of a metric. A sample too small for its interval's confidence decides nothing.
fn metric(rule: &Rule, cell: &Cell, name: &str) -> Option<Answer> {
    let values = values(cell, name);
    let interval = Interval::of(&values, 1.0 - RULE_ALPHA)?;
    let shown = Estimate::from(interval);
    let judged = match interval.confidence >= 1.0 - RULE_ALPHA {
        true => shown,
        false => shown.unbounded(),
    };
    let at = cell.at.clone();
    Some(Answer::new(rule, at, (shown, judged), values.len()))
}

/// Two metrics of the same run. This needs no statistics: one run is enough for FAIL.
fn every_run(rule: &Rule, cell: &Cell, a: &str, b: &str) -> Option<Answer> {
    let limits = values(cell, b).into_iter().map(|y| rule.bound() * y);
    let pairs: Vec<(f64, f64)> = values(cell, a).into_iter().zip(limits).collect();
    let violated = pairs.iter().find(|(x, limit)| !rule.op.holds(*x, *limit));
    let farthest = || pairs.iter().max_by(|p, q| p.0.total_cmp(&q.0));
    let (x, limit) = violated.or_else(farthest)?;
    let (x, limit, n) = (numbers::short(*x), numbers::short(*limit), pairs.len());
    Some(Answer {
        at: cell.at.clone(),
        measured: format!("{a} {x} against {limit}, the farthest of {n} runs"),
        verdict: violated.is_none().into(),
        repeats_needed: None,
    })
}

fn values(cell: &Cell, name: &str) -> Vec<f64> {
    let reports = cell.reports.iter();
    reports.filter_map(|report| report.metric(name)).collect()
}

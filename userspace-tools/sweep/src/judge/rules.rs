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
    console::human,
    plan::{
        experiment::{Experiment, Scenario},
        question::{Question, Side},
        rule::Rule,
        setting::{matches, words, Point},
    },
};

/// A rule's verdict at one parameter point.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// The part.
    #[serde(rename = "part")]
    pub scenario: String,
    /// The rule, as it is written.
    pub rule: String,
    /// The values on the axes that the rule does not name.
    pub at: Point,
    /// What was measured, with its interval.
    pub measured: String,
    /// The verdict.
    pub verdict: Verdict,
    /// About how many repeats of each side a verdict needs, if it is inconclusive.
    pub repeats_needed: Option<usize>,
}

impl Judged {
    /// The same as a build server reads it.
    pub fn case(&self) -> Case {
        let at = words(&self.at);
        let gap = if at.is_empty() { "" } else { ", at " };
        Case {
            name: format!("{}: {}{gap}{at}", self.scenario, self.rule),
            verdict: self.verdict,
            text: format!("{}: {}", self.measured, self.word()),
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

/// Evaluates the rules of `part` over its cells.
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
        let asked = Asked { scenario, rule };
        let mut found = asked.answer(&question, &cells);
        if found.is_empty() {
            found.push(asked.judged(Point::new(), None, Verdict::Inconclusive, 0));
        }
        all.extend(found);
    }
    Ok(all)
}

/// A rule in its part.
struct Asked<'a> {
    scenario: &'a Scenario,
    rule: &'a Rule,
}

impl Asked<'_> {
    fn answer(&self, question: &Question, cells: &[&Cell]) -> Vec<Judged> {
        let mine = |side: &Side| {
            let on = side.clone();
            cells.iter().filter(move |cell| is_on(cell, &on))
        };
        match question {
            Question::Sides { of, to, cost } => {
                let pairs = mine(of).filter_map(|cell| {
                    let rest = without(&cell.at, &of.axis);
                    let other = mine(to).find(|other| without(&other.at, &to.axis) == rest)?;
                    self.sides((cell, of), (other, to), *cost, rest)
                });
                pairs.collect()
            }
            Question::Metric(name, Some(side)) => mine(side)
                .filter_map(|cell| self.metric(cell, name))
                .collect(),
            Question::Metric(name, None) => cells
                .iter()
                .filter_map(|cell| self.metric(cell, name))
                .collect(),
            Question::EveryRun(a, b) => cells
                .iter()
                .filter_map(|cell| self.every_run(cell, a, b))
                .collect(),
        }
    }

    /// The ratio of two sides at one point, from independent samples.
    fn sides(
        &self,
        (cell, of): (&Cell, &Side),
        (other, to): (&Cell, &Side),
        cost: bool,
        at: Point,
    ) -> Option<Judged> {
        let (mine, theirs) = (values(cell, &of.metric), values(other, &to.metric));
        // A side that does less in the same time costs more.
        let inverted = cost && cell.reports.first()?.more_is_better();
        let shift = match inverted {
            true => Shift::of(&mine, &theirs, RULE_ALPHA)?,
            false => Shift::of(&theirs, &mine, RULE_ALPHA)?,
        };
        let estimate = Estimate {
            value: shift.factor,
            low: shift.low,
            high: shift.high,
        };
        let verdict = estimate.judge(self.rule.op, self.rule.bound());
        let n = mine.len().min(theirs.len());
        Some(self.judged(at, Some(estimate), verdict, n))
    }

    /// A metric at one point.
    fn metric(&self, cell: &Cell, name: &str) -> Option<Judged> {
        let values = values(cell, name);
        let it = Interval::of(&values, 1.0 - RULE_ALPHA)?;
        let shown = Estimate {
            value: it.median,
            low: it.low,
            high: it.high,
        };
        let known = match it.confidence >= 1.0 - RULE_ALPHA {
            true => shown,
            false => Estimate {
                low: f64::NEG_INFINITY,
                high: f64::INFINITY,
                ..shown
            },
        };
        let bound = self.rule.bound();
        let verdict = known.judge(self.rule.op, bound);
        let mut judged = self.judged(cell.at.clone(), Some(shown), verdict, values.len());
        if judged.repeats_needed.is_some() {
            judged.repeats_needed = Some(known.repeats(bound, values.len()));
        }
        Some(judged)
    }

    /// What no run may violate needs no statistics: one run is enough for FAIL.
    fn every_run(&self, cell: &Cell, a: &str, b: &str) -> Option<Judged> {
        let (op, bound) = (self.rule.op, self.rule.bound());
        let mut pairs = values(cell, a).into_iter().zip(values(cell, b));
        let pairs: Vec<(f64, f64)> = pairs.by_ref().map(|(x, y)| (x, bound * y)).collect();
        let violated = pairs.iter().find(|(x, limit)| !op.holds(*x, *limit));
        let farthest = || pairs.iter().max_by(|p, q| p.0.total_cmp(&q.0));
        let (x, limit) = violated.or_else(farthest)?;
        let verdict = match violated {
            Some(_) => Verdict::Fail,
            None => Verdict::Pass,
        };
        let (x, limit) = (human::short(*x), human::short(*limit));
        Some(Judged {
            measured: format!(
                "{a} {x} against {limit}, the farthest of {} runs",
                pairs.len()
            ),
            ..self.judged(cell.at.clone(), None, verdict, pairs.len())
        })
    }

    fn judged(&self, at: Point, of: Option<Estimate>, verdict: Verdict, n: usize) -> Judged {
        let text = |value: f64| match value.is_finite() {
            true => human::short(value),
            false => "?".into(),
        };
        let measured =
            |e: Estimate| format!("{} [{}, {}]", text(e.value), text(e.low), text(e.high));
        let needed = || of.map_or(1, |estimate| estimate.repeats(self.rule.bound(), n));
        Judged {
            scenario: self.scenario.name.clone(),
            rule: self.rule.text.clone(),
            at,
            measured: of.map_or_else(|| "not measured".into(), measured),
            verdict,
            repeats_needed: (verdict == Verdict::Inconclusive).then(needed),
        }
    }
}

fn is_on(cell: &Cell, side: &Side) -> bool {
    cell.at.get(&side.axis) == Some(&side.value)
}

fn without(at: &Point, axis: &str) -> Point {
    let rest = at.iter().filter(|(key, _)| *key != axis);
    rest.map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn values(cell: &Cell, name: &str) -> Vec<f64> {
    let reports = cell.reports.iter();
    reports.filter_map(|report| report.metric(name)).collect()
}

// SPDX-License-Identifier: GPL-2.0

//! Rules held against samples. A gate is a question about one side only, so what may be wrong once
//! in twenty is asked of the one end of the interval that matters.

use super::{
    quantity::{is_known, quantity, NAMES},
    rule::{setting, Op, Rule, What},
    Gated, Verdict,
};
use crate::{
    console::human,
    judge::cell::{cells, Cell},
    plan::experiment::{Experiment, Part},
    plan::setting::{matches, Pattern, Point, Setting},
    store::record::Record,
};
use statistics::{confidence::RULE_ALPHA, Interval, Shift};

/// A side: one value of one axis, and which number of its runs.
struct Side {
    axis: String,
    value: Setting,
    quantity: String,
}

/// What a rule asks of a part.
enum Question {
    /// A quotient of two sides against a number; whether it is turned over where less is better.
    Sides(Side, Side, f64, bool),
    /// A quantity against a number.
    Number(String, Option<Side>, f64),
    /// Two quantities of one run against each other, the second times a number.
    Promise(String, String, f64),
}

/// Every rule of `experiment` at every point where it applies.
pub fn judge(experiment: &Experiment, records: &[Record]) -> anyhow::Result<Vec<Gated>> {
    let mut gates = Vec::new();
    for part in &experiment.parts {
        let rules = part.rules().collect::<Vec<_>>();
        if rules.is_empty() {
            continue;
        }
        let cells = cells(experiment, part, records)?;
        for (of, rule) in rules {
            let question = question(experiment, part, rule).map_err(anyhow::Error::msg)?;
            let here = |cell: &&Cell| {
                matches(&rule.at, &cell.settings)
                    && of.is_none_or(|of: &Pattern| matches(of, &cell.settings))
            };
            let mine: Vec<&Cell> = cells.iter().filter(here).collect();
            let had = gates.len();
            gates.extend(answer(part, rule, &question, &mine));
            if gates.len() == had {
                gates.push(gated(
                    part,
                    rule,
                    Point::new(),
                    None,
                    Verdict::Inconclusive { repeats: 1 },
                ));
            }
        }
    }
    Ok(gates)
}

/// Refuses rules that speak of what the experiment does not have.
pub fn check(experiment: &Experiment) -> Result<(), String> {
    for part in &experiment.parts {
        for (_, rule) in part.rules() {
            question(experiment, part, rule)?;
        }
    }
    Ok(())
}

fn question(experiment: &Experiment, part: &Part, rule: &Rule) -> Result<Question, String> {
    let wrong = |why: String| format!("part `{}`: expect `{}`: {why}", part.name, rule.text);
    let side = |name: &str, quantity: &str| {
        side(experiment, part, name, quantity)
            .ok_or_else(|| wrong(format!("`{name}` is on no axis of this part")))
    };
    let known = |name: &str| match is_known(name) {
        true => Ok(name.to_string()),
        false => Err(wrong(format!(
            "`{name}` is neither on an axis of this part nor a number of its runs ({NAMES})"
        ))),
    };
    let (left, right) = (&rule.left, &rule.right);
    let quotient = right.factor / left.factor;
    Ok(match (&left.what, &right.what) {
        (What::Cost(a, b), What::One) => {
            Question::Sides(side(a, "value")?, side(b, "value")?, quotient, true)
        }
        (What::Name(a), What::Name(b)) => match (side(a, "value"), side(b, "value")) {
            (Ok(a), Ok(b)) => Question::Sides(a, b, quotient, false),
            (Err(_), _) | (_, Err(_)) => Question::Promise(known(a)?, known(b)?, quotient),
        },
        (What::Of(a, of), What::Of(b, to)) => {
            let (of, to) = (side(of, &known(a)?)?, side(to, &known(b)?)?);
            Question::Sides(of, to, quotient, false)
        }
        (What::Name(name), What::One) => match side(name, "value") {
            Ok(side) => Question::Number("value".into(), Some(side), quotient),
            Err(_) => Question::Number(known(name)?, None, quotient),
        },
        (What::Of(name, of), What::One) => {
            Question::Number(known(name)?, Some(side(of, name)?), quotient)
        }
        _ => {
            return Err(wrong(
                "left of the comparison stands what is asked about".into(),
            ))
        }
    })
}

/// The side that is called so: `KEY=VALUE`, or a value that some axis has.
fn side(experiment: &Experiment, part: &Part, name: &str, quantity: &str) -> Option<Side> {
    let made = |axis: &str, value: Setting| Side {
        axis: axis.into(),
        value,
        quantity: quantity.into(),
    };
    if let Some((key, value)) = name.split_once('=') {
        let guest = experiment.guest.axes();
        let any = part.axes.contains_key(key) || guest.contains(&key);
        return any.then(|| made(key, setting(value)));
    }
    let value = setting(name);
    let mut axes = part.axes.iter();
    let (axis, _) = axes.find(|(_, values)| values.contains(&value))?;
    Some(made(axis, value))
}

fn answer(part: &Part, rule: &Rule, question: &Question, cells: &[&Cell]) -> Vec<Gated> {
    let mut gates = Vec::new();
    match question {
        Question::Sides(a, b, wanted, cost) => {
            for cell in cells.iter().filter(|cell| is_on(cell, a)) {
                let rest = without(&cell.at, &a.axis);
                let other = |c: &&&Cell| is_on(c, b) && without(&c.at, &b.axis) == rest;
                if let Some(other) = cells.iter().find(other) {
                    gates.extend(sides(
                        part,
                        rule,
                        (cell, a),
                        (other, b),
                        *wanted,
                        *cost,
                        rest,
                    ));
                }
            }
        }
        Question::Number(name, side, wanted) => {
            let mine = |cell: &&&Cell| side.as_ref().is_none_or(|side| is_on(cell, side));
            for cell in cells.iter().filter(mine) {
                gates.extend(number(part, rule, cell, name, *wanted));
            }
        }
        Question::Promise(a, b, wanted) => {
            for cell in cells {
                gates.extend(promise(part, rule, cell, (a, b), *wanted));
            }
        }
    }
    gates
}

fn is_on(cell: &Cell, side: &Side) -> bool {
    cell.at.get(&side.axis) == Some(&side.value)
}

fn without(at: &Point, axis: &str) -> Point {
    let rest = at.iter().filter(|(key, _)| *key != axis);
    rest.map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn values(cell: &Cell, name: &str) -> Vec<f64> {
    let values = cell
        .reports
        .iter()
        .filter_map(|report| quantity(report, name));
    values.collect()
}

fn sides(
    part: &Part,
    rule: &Rule,
    (cell, a): (&Cell, &Side),
    (other, b): (&Cell, &Side),
    wanted: f64,
    cost: bool,
    at: Point,
) -> Option<Gated> {
    let (mine, theirs) = (values(cell, &a.quantity), values(other, &b.quantity));
    // What is done less often in the same time costs more.
    let turned = cost && cell.reports.first()?.more_is_better();
    let shift = match turned {
        true => Shift::of(&mine, &theirs, RULE_ALPHA)?,
        false => Shift::of(&theirs, &mine, RULE_ALPHA)?,
    };
    let n = mine.len().min(theirs.len());
    let (low, high) = (shift.low, shift.high);
    let verdict = verdict(rule.op, (low, shift.factor, high), wanted, n);
    Some(gated(
        part,
        rule,
        at,
        Some((shift.factor, low, high)),
        verdict,
    ))
}

fn number(part: &Part, rule: &Rule, cell: &Cell, name: &str, wanted: f64) -> Option<Gated> {
    let values = values(cell, name);
    let it = Interval::of(&values, 1.0 - RULE_ALPHA)?;
    let sure = it.confidence >= 1.0 - RULE_ALPHA;
    let ends = if sure {
        (it.low, it.high)
    } else {
        (f64::NEG_INFINITY, f64::INFINITY)
    };
    let verdict = verdict(rule.op, (ends.0, it.median, ends.1), wanted, values.len());
    Some(gated(
        part,
        rule,
        cell.at.clone(),
        Some((it.median, it.low, it.high)),
        verdict,
    ))
}

/// What no run may break needs no statistics: one run is enough.
fn promise(
    part: &Part,
    rule: &Rule,
    cell: &Cell,
    (a, b): (&str, &str),
    wanted: f64,
) -> Option<Gated> {
    let (mine, theirs) = (values(cell, a), values(cell, b));
    let pairs: Vec<(f64, f64)> = mine.into_iter().zip(theirs).collect();
    let broken = pairs.iter().find(|(a, b)| !rule.op.holds(*a, wanted * b));
    let (x, y) = broken.or(pairs.iter().max_by(|x, y| x.0.total_cmp(&y.0)))?;
    let verdict = match broken {
        Some(_) => Verdict::Broken,
        None => Verdict::Holds,
    };
    let mut gate = gated(part, rule, cell.at.clone(), None, verdict);
    let (x, y) = (human::short(*x), human::short(wanted * y));
    gate.measured = format!("{a} {x} against {y}, the farthest of {} runs", pairs.len());
    Some(gate)
}

/// All of the interval must be on one side of `wanted`.
fn verdict(op: Op, (low, middle, high): (f64, f64, f64), wanted: f64, n: usize) -> Verdict {
    match (op.holds(low, wanted), op.holds(high, wanted)) {
        (true, true) => Verdict::Holds,
        (false, false) => Verdict::Broken,
        _ => Verdict::Inconclusive {
            repeats: repeats((low, middle, high), wanted, n),
        },
    }
}

/// An interval is half as wide with four times the repeats.
fn repeats((low, middle, high): (f64, f64, f64), wanted: f64, n: usize) -> usize {
    const FEWEST: usize = 5;
    let (half, apart) = ((high - low) / 2.0, (middle - wanted).abs());
    let times = (half / apart).powi(2);
    match times.is_finite() {
        true => ((n as f64 * times).ceil() as usize)
            .clamp(n + 1, 10_000)
            .max(FEWEST),
        false => (n + 1).max(FEWEST),
    }
}

fn gated(
    part: &Part,
    rule: &Rule,
    at: Point,
    measured: Option<(f64, f64, f64)>,
    verdict: Verdict,
) -> Gated {
    let text = |value: f64| match value.is_finite() {
        true => human::short(value),
        false => "?".into(),
    };
    let measured = measured.map_or_else(
        || "not measured".into(),
        |(middle, low, high)| format!("{} [{}, {}]", text(middle), text(low), text(high)),
    );
    Gated {
        part: part.name.clone(),
        rule: rule.text.clone(),
        at,
        measured,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_interval_must_be_on_one_side() {
        let at_least = |low, high| verdict(Op::AtLeast, (low, 1.0, high), 1.0, 5);
        assert_eq!(at_least(1.1, 1.3), Verdict::Holds);
        assert_eq!(at_least(0.5, 0.9), Verdict::Broken);
        assert!(matches!(at_least(0.9, 1.1), Verdict::Inconclusive { .. }));
        let sure = verdict(Op::AtMost, (1.0, 1.25, 1.5), 1.125, 8);
        assert_eq!(sure, Verdict::Inconclusive { repeats: 32 });
    }

    #[test]
    fn too_few_to_have_an_interval_ask_for_five() {
        let ends = (0.0, 1.2, f64::INFINITY);
        let asked = Verdict::Inconclusive { repeats: 5 };
        assert_eq!(verdict(Op::AtMost, ends, 1.05, 2), asked);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The language of rules: a comparison of two terms, and the parameter points where it applies.
//!
//! Experiments (`expect`), claim files and source documents write their rules in it:
//!
//! | rule | compares |
//! |---|---|
//! | `pv_ticket >= 20 * ticket` | two A/B sides, each one value of an axis |
//! | `cost(pv_ticket, ticket) at ratio 1 <= 1.05` | what the same work costs on two sides |
//! | `halts(mcs/halt) > 0` | a metric of one side with a number |
//! | `jain >= 0.9` | a metric of every cell, or a figure of a step, with a number |
//! | `boot <= 1.5 s` | the same with the number's unit |
//! | `error <= bound` | two metrics of every run |
//!
//! `question::Question` resolves the names of a rule against the axes of a scenario.

use serde::Deserialize;

use crate::plan::setting::{Many, Pattern, Setting};

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Rule {
    /// As it was written.
    pub text: String,
    pub left: Term,
    pub op: Op,
    pub right: Term,
    /// The unit of the number on the right, for print.
    pub unit: String,
    /// The parameter points where the rule applies.
    pub at: Pattern,
}

/// A number times something.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub factor: f64,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Nothing: the term is a number.
    One,
    /// A side of an axis, a metric or a figure; the axes decide which.
    Name(String),
    /// A metric of one side: `halts(mcs/halt)`.
    Of(String, String),
    /// How many times as much a piece of work costs on the first side as on the second.
    Cost(String, String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    AtMost,
    AtLeast,
    Equal,
    Unequal,
    Less,
    More,
}

impl Op {
    /// Every comparison with its sign; a sign that begins with another precedes it.
    const ALL: [(&str, Self); 6] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("<", Self::Less),
        (">", Self::More),
    ];

    /// Whether `a op b`; never for NaN.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::AtMost => a <= b,
            Self::AtLeast => a >= b,
            Self::Equal => a == b,
            Self::Unequal => a != b && !a.is_nan(),
            Self::Less => a < b,
            Self::More => a > b,
        }
    }
}

impl Rule {
    /// The comparison and what stands right of it: `>= 20`.
    pub fn required(&self) -> &str {
        let from = self.text.find(['<', '>', '=', '!']).unwrap_or(0);
        self.text[from..].trim()
    }

    /// The figure that the rule compares with a number, as rules of claims do.
    pub fn figure(&self) -> Result<&str, String> {
        match (&self.left.what, &self.right.what) {
            (What::Name(name), What::One) if self.at.is_empty() => Ok(name),
            _ => Err(format!(
                "cannot check `{}`: a claim compares a figure with a number. Try: `boot <= 1.5 s`",
                self.text
            )),
        }
    }

    /// The number that the left side has to meet once both sides are divided by its factor.
    pub fn bound(&self) -> f64 {
        self.right.factor / self.left.factor
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("cannot read the rule `{text}`: {why}. Try: `mcs/halt >= 2 * ticket at threads 8` or `boot <= 1.5 s`")
        };
        let found = Op::ALL.iter().find_map(|(sign, op)| {
            let (left, right) = text.split_once(sign)?;
            Some((left, *op, right))
        });
        let (left, op, right) =
            found.ok_or_else(|| wrong("no comparison (allowed: <= >= == != < >)"))?;
        let mut at = Pattern::new();
        let mut side = |text: &str| {
            let (text, places) = text.split_once(" at ").unwrap_or((text, ""));
            points(places, &mut at)?;
            term(text.trim())
        };
        let (left, _) = side(left).map_err(|why| wrong(&why))?;
        let (right, unit) = side(right).map_err(|why| wrong(&why))?;
        // A negative factor would turn the comparison round.
        if left.factor <= 0.0 || !(right.factor / left.factor).is_finite() {
            let factor = left.factor;
            let why = format!("the factor {factor} on the left (allowed: above 0)");
            return Err(wrong(&why));
        }
        Ok(Self {
            text: text.trim().into(),
            left,
            op,
            right,
            unit,
            at,
        })
    }
}

/// Reads `KEY VALUE and KEY=VALUE …` into `at`.
fn points(text: &str, at: &mut Pattern) -> Result<(), String> {
    let points = text.split(" and ").map(str::trim);
    for point in points.filter(|point| !point.is_empty()) {
        let (key, value) = point
            .split_once([' ', '='])
            .ok_or_else(|| format!("`{point}` has no value"))?;
        let value = value.trim().trim_start_matches('=').trim();
        at.insert(key.into(), Many::One(Setting::parse(value)));
    }
    Ok(())
}

/// Reads a term, and the unit after a number that stands alone.
fn term(text: &str) -> Result<(Term, String), String> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (factor, what, unit) = match text.split_once('*') {
        Some((factor, named)) => (number(factor.trim())?, what(named.trim())?, ""),
        None if first.parse::<f64>().is_ok() => (number(first)?, What::One, rest.trim()),
        None => (1.0, what(text)?, ""),
    };
    Ok((Term { factor, what }, unit.into()))
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| format!("`{text}` is not a number"))
}

fn what(text: &str) -> Result<What, String> {
    let name = |text: &str| match text.trim() {
        "" => Err("a name is missing".into()),
        text if text.contains(char::is_whitespace) => Err(format!("`{text}` is not a name")),
        text => Ok(text.to_string()),
    };
    let Some((function, rest)) = text.split_once('(') else {
        return Ok(What::Name(name(text)?));
    };
    let inner = rest
        .strip_suffix(')')
        .ok_or_else(|| format!("`{text}`: no closing parenthesis"))?;
    match (function.trim(), inner.split_once(',')) {
        ("cost", Some((a, b))) => Ok(What::Cost(name(a)?, name(b)?)),
        ("cost", None) => Err("cost has two sides: cost(a, b)".into()),
        (metric, None) => Ok(What::Of(name(metric)?, name(inner)?)),
        (other, Some(_)) => Err(format!("`{other}` takes one side")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        Rule::try_from(text.to_string()).unwrap()
    }

    #[test]
    fn rule_has_sides_metrics_points_and_units() {
        let sides = rule("pv_ticket >= 20 * ticket");
        assert_eq!(sides.left.what, What::Name("pv_ticket".into()));
        assert_eq!((sides.right.factor, sides.op), (20.0, Op::AtLeast));
        let cost = rule("cost(pv_ticket, ticket) at ratio 1 and threads 8 <= 1.05");
        let both = What::Cost("pv_ticket".into(), "ticket".into());
        assert_eq!(cost.left.what, both);
        assert_eq!((cost.right.what, cost.at.len()), (What::One, 2));
        let of = rule("halts(mcs/halt) > 0");
        assert_eq!(of.left.what, What::Of("halts".into(), "mcs/halt".into()));
        assert_eq!(rule("jain>=0.9 at lock=ticket").at.len(), 1);
        let unit = rule("2to4 <= 0.5 ms");
        assert_eq!(unit.left.what, What::Name("2to4".into()));
        assert_eq!((unit.bound(), unit.unit.as_str()), (0.5, "ms"));
        assert_eq!(unit.required(), "<= 0.5 ms");
    }

    #[test]
    fn comparison_holds_or_not() {
        for (text, value, holds) in [
            ("a <= 5", 5.0, true),
            ("a <= 5", 5.1, false),
            ("a < 0.05", 0.05, false),
            ("a < 0.05", 0.049, true),
            ("a >= 1", 0.0, false),
            ("a >= 1", 1.0, true),
            ("a > 1", 1.0, false),
            ("a == 0", 0.0, true),
            ("a == 0", 1.0, false),
            ("a != 0", 0.0, false),
            ("a >= 1", f64::NAN, false),
            ("a <= 1", f64::NAN, false),
            ("a != 1", f64::NAN, false),
        ] {
            let rule = rule(text);
            assert_eq!(rule.op.holds(value, rule.bound()), holds, "{value} {text}");
        }
    }

    #[test]
    fn malformed_rule_is_rejected_with_an_example() {
        for text in [
            "",
            "5",
            "a b",
            "a >=",
            "a = 5",
            "a <= inf",
            "a < NaN",
            "x * a < 1",
            "0 * a < 1",
            "-2 * a < 1",
            "nan * a < 1",
            "inf * a < 1",
            "1e-300 * a < 1e300",
            "cost(a) < 1",
            "f(a, b) < 1",
            "cost(a, b < 1",
        ] {
            let error = Rule::try_from(text.to_string()).unwrap_err();
            assert!(error.contains("Try: "), "{error}");
        }
    }
}

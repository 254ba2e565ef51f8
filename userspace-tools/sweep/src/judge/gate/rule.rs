// SPDX-License-Identifier: GPL-2.0

//! The text of a rule: two terms and a comparison, and where it applies.
//!
//! `pv_ticket >= 20 * ticket` holds two sides of an axis against each other; `cost(pv_ticket, ticket)
//! at ratio 1 <= 1.05` says what one costs more than the other; `jain >= 0.9` asks something of every
//! run's own numbers, and `error <= bound` that no run may break it.

use std::str::FromStr;

use crate::plan::setting::{AnyOf, Pattern, Setting};

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// As it was written.
    pub text: String,
    /// What is left of the comparison.
    pub left: Term,
    /// The comparison: `<=`, `<`, `>=` or `>`.
    pub op: Op,
    /// What is right of it.
    pub right: Term,
    /// Where it applies.
    pub at: Pattern,
}

/// A number times something.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The number.
    pub factor: f64,
    /// The something.
    pub what: What,
}

/// What a term speaks of.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Nothing: it is a number.
    One,
    /// A side of an axis, or a quantity; which one the experiment tells.
    Name(String),
    /// A quantity of one side: `halts(mcs/halt)`.
    Of(String, String),
    /// How many times as much a piece of work costs on the one side as on the other.
    Cost(String, String),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// At most.
    AtMost,
    /// Less.
    Less,
    /// At least.
    AtLeast,
    /// More.
    More,
}

impl Op {
    /// Whether `a op b`.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::AtMost => a <= b,
            Self::Less => a < b,
            Self::AtLeast => a >= b,
            Self::More => a > b,
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("expect `{text}`: {why}; write as `mcs/halt >= 2 * ticket at threads 8`")
        };
        let ops = [
            ("<=", Op::AtMost),
            (">=", Op::AtLeast),
            ("<", Op::Less),
            (">", Op::More),
        ];
        let found = ops.iter().find_map(|(sign, op)| {
            let (left, right) = text.split_once(sign)?;
            Some((left, *op, right))
        });
        let (left, op, right) = found.ok_or_else(|| wrong("no comparison"))?;
        let mut at = Pattern::new();
        let mut term = |text: &str| {
            let (text, places) = text.split_once(" at ").unwrap_or((text, ""));
            places_of(places, &mut at)
                .and_then(|()| term(text.trim()))
                .map_err(|why| wrong(&why))
        };
        Ok(Self {
            text: text.into(),
            left: term(left)?,
            op,
            right: term(right)?,
            at,
        })
    }
}

fn places_of(text: &str, at: &mut Pattern) -> Result<(), String> {
    let places = text.split(" and ").map(str::trim);
    for place in places.filter(|place| !place.is_empty()) {
        let (key, value) = place
            .split_once([' ', '='])
            .ok_or_else(|| format!("`{place}` is no place"))?;
        let value = value.trim().trim_start_matches('=').trim();
        at.insert(key.into(), AnyOf::One(setting(value)));
    }
    Ok(())
}

/// A value as the experiment would have it: a number if it is one.
pub fn setting(text: &str) -> Setting {
    text.parse()
        .map_or_else(|_| Setting::from(text), Setting::Number)
}

fn term(text: &str) -> Result<Term, String> {
    if let Some((number, rest)) = text.split_once('*') {
        let factor = number.trim().parse();
        let factor = factor.map_err(|_| format!("`{}` is no number", number.trim()))?;
        let what = what(rest.trim())?;
        return Ok(Term { factor, what });
    }
    Ok(match text.parse() {
        Ok(factor) => Term {
            factor,
            what: What::One,
        },
        Err(_) => Term {
            factor: 1.0,
            what: what(text)?,
        },
    })
}

fn what(text: &str) -> Result<What, String> {
    let name = |text: &str| match text.trim() {
        "" => Err("something is missing".into()),
        text if text.contains(char::is_whitespace) => Err(format!("`{text}` is no name")),
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
        (quantity, None) => Ok(What::Of(name(quantity)?, name(inner)?)),
        (other, Some(_)) => Err(format!("`{other}` takes one side")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap()
    }

    #[test]
    fn sides_quantities_and_places_are_told_apart() {
        let sides = rule("pv_ticket >= 20 * ticket");
        assert_eq!(sides.left.what, What::Name("pv_ticket".into()));
        assert_eq!((sides.right.factor, sides.op), (20.0, Op::AtLeast));
        let cost = rule("cost(pv_ticket, ticket) at ratio 1 and threads 8 <= 1.05");
        assert_eq!(
            cost.left.what,
            What::Cost("pv_ticket".into(), "ticket".into())
        );
        assert_eq!((cost.right.what, cost.at.len()), (What::One, 2));
        let of = rule("halts(mcs/halt) > 0");
        assert_eq!(of.left.what, What::Of("halts".into(), "mcs/halt".into()));
        assert_eq!(rule("jain>=0.9 at lock=ticket").at.len(), 1);
    }

    #[test]
    fn what_is_no_rule_is_refused_with_an_example() {
        for text in [
            "",
            "a b",
            "a >=",
            "x * a < 1",
            "cost(a) < 1",
            "f(a, b) < 1",
            "cost(a, b < 1",
        ] {
            let error = text.parse::<Rule>().unwrap_err();
            assert!(error.contains("write as"), "{error}");
        }
    }
}

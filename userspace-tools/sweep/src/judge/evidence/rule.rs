// SPDX-License-Identifier: GPL-2.0

//! A rule that a number has to meet, as `<= 0.05`.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// A rule that a number has to meet.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub struct Rule {
    sign: String,
    bound: f64,
}

const SIGNS: [&str; 6] = ["<=", ">=", "==", "!=", "<", ">"];

impl Rule {
    /// Whether `value` meets it.
    pub fn holds(&self, value: f64) -> bool {
        match self.sign.as_str() {
            "<=" => value <= self.bound,
            ">=" => value >= self.bound,
            "==" => value == self.bound,
            "!=" => value != self.bound,
            "<" => value < self.bound,
            _ => value > self.bound,
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no rule; allowed: {} and a number",
                SIGNS.join(" ")
            )
        };
        let sign = SIGNS
            .into_iter()
            .find(|sign| text.starts_with(sign))
            .ok_or_else(wrong)?;
        let bound: f64 = text[sign.len()..].trim().parse().map_err(|_| wrong())?;
        let sign = sign.to_string();
        bound
            .is_finite()
            .then_some(Self { sign, bound })
            .ok_or_else(wrong)
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sign, self.bound)
    }
}

/// A rule about a figure, as `ratio >= 4`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Condition {
    /// The figure.
    pub figure: String,
    /// The rule.
    pub rule: Rule,
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no condition; write as `ratio >= 4`");
        let (figure, rule) = text.split_once(' ').ok_or_else(wrong)?;
        Ok(Self {
            figure: figure.into(),
            rule: rule.trim().parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_holds_or_not() {
        for (rule, value, holds) in [
            ("<= 5", 5.0, true),
            ("<= 5", 5.1, false),
            ("< 0.05", 0.05, false),
            ("< 0.05", 0.049, true),
            (">= 1", 0.0, false),
            (">= 1", 1.0, true),
            ("> 1", 1.0, false),
            ("== 0", 0.0, true),
            ("== 0", 1.0, false),
            ("!= 0", 0.0, false),
            (">= 1", f64::NAN, false),
            ("<= 1", f64::NAN, false),
        ] {
            assert_eq!(
                rule.parse::<Rule>().unwrap().holds(value),
                holds,
                "{value} {rule}"
            );
        }
    }

    #[test]
    fn a_rule_is_read_back_as_written() {
        for text in ["<= 0.05", "== 0", ">= 1", "!= 3"] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in ["", "5", "= 5", "<=", "<= x", "<= inf", "=> 1", "< NaN"] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}

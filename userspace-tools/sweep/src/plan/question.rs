// SPDX-License-Identifier: GPL-2.0

//! Question: a rule with its names resolved. An A/B side is a value of an axis; any other name is a
//! metric.

use indexmap::IndexMap;
use results::metrics;

use crate::plan::{
    rule::{Op, Rule, What},
    setting::Setting,
};

/// The axes of a scenario by name: its own with their values, and those of its guests.
pub struct Axes<'a> {
    pub own: &'a IndexMap<String, Vec<Setting>>,
    pub guest: &'a [&'a str],
}

/// An A/B side: one value of one axis, and the metric of its runs that counts.
#[derive(Clone, Debug)]
pub struct Side {
    pub axis: String,
    pub value: Setting,
    pub metric: String,
}

#[derive(Clone, Debug)]
pub enum Question {
    /// The ratio of two sides against a number; with `cost` it is inverted where more is better.
    Sides { of: Side, to: Side, cost: bool },
    /// A metric of every cell, or of those on one side, against a number.
    Metric(String, Option<Side>),
    /// Two metrics of the same run against each other, in every run.
    EveryRun(String, String),
}

impl Question {
    pub fn of(rule: &Rule, axes: &Axes<'_>) -> Result<Self, String> {
        let side = |name: &str, metric: &str| {
            axes.side(name, metric)
                .ok_or_else(|| format!("`{name}` is on no axis of this scenario"))
        };
        let unknown = "is neither on an axis of this scenario nor a metric of its runs";
        let metric = |name: &str| match metrics::is_known(name) {
            true => Ok(name.to_string()),
            false => Err(format!(
                "`{name}` {unknown} (allowed: {})",
                metrics::names()
            )),
        };
        let sides = |of, to, cost| Self::Sides { of, to, cost };
        if matches!(rule.op, Op::Equal | Op::Unequal) {
            return Err("an estimate is never exact (allowed: <= >= < >)".into());
        }
        Ok(match (&rule.left.what, &rule.right.what) {
            (What::Cost(a, b), What::One) => sides(side(a, "value")?, side(b, "value")?, true),
            (What::Name(a), What::Name(b)) => match (side(a, "value"), side(b, "value")) {
                (Ok(of), Ok(to)) => sides(of, to, false),
                _ => Self::EveryRun(metric(a)?, metric(b)?),
            },
            (What::Of(a, of), What::Of(b, to)) => {
                sides(side(of, &metric(a)?)?, side(to, &metric(b)?)?, false)
            }
            (What::Name(name), What::One) => match side(name, "value") {
                Ok(side) => Self::Metric("value".into(), Some(side)),
                Err(_) => Self::Metric(metric(name)?, None),
            },
            (What::Of(name, of), What::One) => Self::Metric(metric(name)?, Some(side(of, name)?)),
            _ => return Err("no side or metric left of the comparison".into()),
        })
    }
}

impl Axes<'_> {
    /// The side of that name: `KEY=VALUE`, or a value that some axis has.
    fn side(&self, name: &str, metric: &str) -> Option<Side> {
        let (axis, value) = match name.split_once('=') {
            Some((key, value)) => {
                let known = self.own.contains_key(key) || self.guest.contains(&key);
                (known.then_some(key)?, Setting::parse(value))
            }
            None => {
                let value = Setting::parse(name);
                let (axis, _) = self.own.iter().find(|(_, all)| all.contains(&value))?;
                (axis.as_str(), value)
            }
        };
        Some(Side {
            axis: axis.into(),
            value,
            metric: metric.into(),
        })
    }
}

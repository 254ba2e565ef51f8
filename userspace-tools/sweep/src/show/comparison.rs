// SPDX-License-Identifier: GPL-2.0

//! Comparison or line as text: estimates, intervals, boots and scatter.

use statistics::{confidence, Bounds, Estimate, Lines};

use crate::{
    console::numbers,
    judge::{
        decide::interval,
        figures::Compared,
        label::{suffix, Label},
        line::Fitted,
        regret::Regret,
    },
    plan::{experiment::Compare, line::Line, setting::words},
};

/// What was measured, or why nothing was.
pub fn measured(compare: &Compare, found: &Result<Compared, String>) -> String {
    match found {
        Ok(found) => value(&found.estimate, compare.to.is_some()),
        Err(why) => format!("NOT MEASURED: {why}"),
    }
}

/// The regret of each value, the least first.
pub fn regrets(found: &Result<Vec<Regret>, String>) -> String {
    let mut all = match found {
        Ok(all) => all.clone(),
        Err(why) => return format!("  regret: NOT MEASURED: {why}\n"),
    };
    all.sort_by(|a, b| a.estimate.value().total_cmp(&b.estimate.value()));
    let lines = all.iter().map(|one| {
        format!(
            "  regret of {}: {}{}\n",
            one.of,
            regret(one),
            suffix(one.label)
        )
    });
    lines.collect()
}

/// How many times as good the best is, where it is largest.
pub fn regret(one: &Regret) -> String {
    let (value, at, best) = (value(&one.estimate, true), words(&one.at), &one.best);
    format!("{value}; most surely at {at}, where {best} is best")
}

/// A line: `1.3 [1.2, 1.4] * slice_us + 2.1M [1.5M, 2.7M] ns`, and how many rounds it is of.
pub fn fit(line: &Line, fitted: &Result<Fitted, String>, unit: &str) -> String {
    let fitted = match fitted {
        Ok(fitted) => fitted,
        Err(why) => return format!("NOT MEASURED: {why}"),
    };
    let shown = |estimate: Estimate| interval(estimate.bounds(1.0 - confidence::SHOWN));
    let Lines { slope, intercept } = fitted.lines;
    let (places, rounds) = (fitted.points.len(), slope.boots);
    format!(
        "{} * {} + {} {unit}, of {rounds} rounds at {places} values",
        shown(slope),
        line.over,
        shown(intercept)
    )
}

/// Its kind and tier, if it was measured.
pub fn label(found: &Result<Compared, String>) -> Option<Label> {
    found.as_ref().ok()?.label
}

/// An estimate with its interval, the boots that it is of, and the scatter of these and in these.
pub fn value(estimate: &Estimate, is_ratio: bool) -> String {
    let short = |value: f64| match is_ratio {
        true => numbers::ratio(value),
        false => format!("{value:.3}"),
    };
    let Bounds { value, low, high } = estimate.bounds(1.0 - confidence::SHOWN);
    let value = short(value);
    if estimate.boots == 1 {
        return format!("{value} of one boot: not a measurement");
    }
    let scatter = |name: &str, scatter: Option<f64>| match scatter {
        Some(scatter) if is_ratio => format!(", {name} {:.1} %", (scatter.exp() - 1.0) * 100.0),
        _ => String::new(),
    };
    format!(
        "{value} [{}, {}] of {} boots{}{}",
        short(low),
        short(high),
        estimate.boots,
        scatter("between boots", estimate.between),
        scatter("within", estimate.within),
    )
}

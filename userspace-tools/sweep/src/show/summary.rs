// SPDX-License-Identifier: GPL-2.0

//! Text of a result: head, a table for each scenario with its comparisons and rules, verdict, times.

use std::cmp::Reverse;

use statistics::{confidence, Bounds, Estimate};

use crate::{
    console::numbers,
    judge::{
        cell::Cell,
        evaluation::{EvaluatedScenario, Evaluation},
        figures::compared,
        rules::Judged,
    },
    plan::{experiment::Scenario, setting::words},
    show::{head::head, table, verdict},
    store::provenance::Provenance,
};

/// The whole text.
pub fn text(of: &Evaluation<'_>, provenance: &Provenance) -> String {
    let scenarios = of.scenarios.iter().map(scenario);
    format!(
        "{}{}\n{}\n{}",
        head(of.experiment, provenance),
        scenarios.collect::<String>(),
        verdict::text(of, provenance),
        provenance.times
    )
}

/// A small chart of each scenario, in block characters.
pub fn charts(of: &Evaluation<'_>) -> String {
    let charts = of.scenarios.iter().map(|one| {
        let shapes = table::shapes(one.scenario, &one.cells);
        format!("{}\n{shapes}", one.scenario.title)
    });
    charts.collect::<Vec<_>>().join("\n")
}

fn scenario(of: &EvaluatedScenario<'_>) -> String {
    format!(
        "\n{}\n\n{}{}{}",
        of.scenario.title,
        table::table(of.scenario, &of.cells),
        comparisons(of.scenario, &of.cells),
        rules(&of.rules)
    )
}

fn comparisons(scenario: &Scenario, cells: &[Cell]) -> String {
    let comparisons = scenario.compare.iter();
    let lines = comparisons.map(|compare| {
        let value = match compared(compare, cells) {
            Ok(estimate) => value(&estimate, compare.to.is_some()),
            Err(why) => format!("NOT MEASURED: {why}"),
        };
        format!("  {}: {value}\n", compare.text)
    });
    lines.collect()
}

/// An estimate with its interval, the boots that it is of, and the scatter of these and in these.
fn value(estimate: &Estimate, is_ratio: bool) -> String {
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

/// The rules of a scenario, the worst first.
fn rules(rules: &[Judged]) -> String {
    let mut rules: Vec<&Judged> = rules.iter().collect();
    rules.sort_by_key(|rule| Reverse(rule.verdict));
    let lines = rules.iter().map(|rule| {
        let text = format!("{} {}", rule.rule, words(&rule.at));
        let (text, measured, word) = (text.trim(), &rule.measured, rule.word());
        format!("  expect {text:<52} {measured:<24} {word}\n")
    });
    lines.collect()
}

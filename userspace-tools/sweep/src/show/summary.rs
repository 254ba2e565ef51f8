// SPDX-License-Identifier: GPL-2.0

//! Text of a result: head, a table for each scenario with its comparisons and rules, verdict, times.

use std::cmp::Reverse;

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
            Some(value) if compare.to.is_none() => format!("{value:.3}"),
            Some(value) => numbers::ratio(value),
            None => "NOT MEASURED".into(),
        };
        format!("  {}: {value}\n", compare.text)
    });
    lines.collect()
}

/// The rules of a scenario, the worst first.
fn rules(rules: &[Judged]) -> String {
    let mut rules: Vec<&Judged> = rules.iter().collect();
    rules.sort_by_key(|rule| Reverse(rule.answer.verdict));
    let lines = rules.iter().map(|rule| {
        let text = format!("{} {}", rule.rule, words(&rule.answer.at));
        let (text, measured, word) = (text.trim(), &rule.answer.measured, rule.answer.word());
        format!("  expect {text:<52} {measured:<24} {word}\n")
    });
    lines.collect()
}

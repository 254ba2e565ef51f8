// SPDX-License-Identifier: GPL-2.0

//! Text of a result: head, a table for each scenario with its comparisons and rules, verdict, times.

use std::cmp::Reverse;

use crate::{
    judge::{
        evaluation::{EvaluatedScenario, Evaluation},
        label::suffix,
        rules::Judged,
    },
    plan::setting::words,
    show::{
        attribution,
        comparison::{fit, label, measured, regrets},
        head::head,
        prediction, table, verdict,
    },
    store::provenance::Provenance,
};

/// The whole text.
pub fn text(of: &Evaluation<'_>, provenance: &Provenance) -> String {
    let scenarios = of.scenarios.iter();
    let unit = provenance.clock().unit();
    let scenarios = scenarios.map(|one| scenario(one, unit));
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

fn scenario(of: &EvaluatedScenario<'_>, unit: &str) -> String {
    let skipped = of.skipped.iter().map(|why| format!("  SKIP: {why}\n"));
    format!(
        "\n{}\n\n{}{}{}{}{}{}{}{}{}{}",
        of.scenario.title,
        skipped.collect::<String>(),
        table::table(of.scenario, &of.cells),
        table::waits::table(&of.cells, unit),
        attribution::text(of),
        captions(of),
        comparisons(of),
        regrets(&of.regrets),
        prediction::text(of),
        lines(of, unit),
        rules(&of.rules)
    )
}

/// The kinds of the table's figures, and what does not transfer.
fn captions(of: &EvaluatedScenario<'_>) -> String {
    let captions = of.captions.iter();
    captions.fold(String::new(), |text, caption| {
        format!("{text}  {caption}\n")
    })
}

fn comparisons(of: &EvaluatedScenario<'_>) -> String {
    let lines = of.comparisons().map(|(compare, found)| {
        let label = suffix(label(found));
        format!("  {}: {}{label}\n", compare.text, measured(compare, found))
    });
    lines.collect()
}

fn lines(of: &EvaluatedScenario<'_>, unit: &str) -> String {
    let lines = of.fitted().map(|(line, fitted)| {
        let label = suffix(fitted.as_ref().ok().and_then(|fitted| fitted.label));
        format!("  {}: {}{label}\n", line.text, fit(line, fitted, unit))
    });
    lines.collect()
}

/// The rules of a scenario, the worst first.
fn rules(rules: &[Judged]) -> String {
    let mut rules: Vec<&Judged> = rules.iter().collect();
    rules.sort_by_key(|rule| Reverse(rule.verdict));
    let lines = rules.iter().map(|rule| {
        let text = format!("{} {}", rule.rule, words(&rule.at));
        let (text, measured, word) = (text.trim(), &rule.measured, rule.word());
        let label = suffix(rule.label);
        format!("  expect {text:<52} {measured:<24} {word}{label}\n")
    });
    lines.collect()
}

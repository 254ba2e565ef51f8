// SPDX-License-Identifier: GPL-2.0

//! Tables of comparisons and of regrets: each with its interval, its kind, its tier and what does not transfer.

use maud::{html, Markup};
use statistics::confidence;

use super::figure::Data;
use crate::{
    judge::{evaluation::Evaluation, label::Label, regret::Regret},
    show::comparison::{label, measured, regret},
};

/// The last columns.
fn columns(label: Option<Label>) -> [String; 3] {
    let known = label.map(|label| {
        let (kind, caveat) = (label.kind.name().into(), label.caveat().into());
        [kind, label.tiers(), caveat]
    });
    known.unwrap_or_else(|| ["?"; 3].map(String::from))
}

/// The table; nothing if the experiment compares nothing.
pub fn table(evaluation: &Evaluation<'_>) -> Markup {
    let mut data = Data::new(
        "ratios over boots",
        &["comparison", "measured", "kind", "tier", "caveat"],
    );
    let scenarios = evaluation.scenarios.iter();
    for (compare, found) in scenarios.flat_map(|scenario| scenario.comparisons()) {
        let label = label(found);
        let mut row = vec![compare.text.clone(), measured(compare, found)];
        row.extend(columns(label));
        data.rows.push(row);
    }
    html! {
        @if !data.rows.is_empty() {
            h2 { "Comparisons" }
            div.wrapping { (data.draw()) }
        }
    }
}

/// The table of regrets, the least first; nothing if the experiment asks for none.
pub fn regrets(evaluation: &Evaluation<'_>) -> Markup {
    let mut data = Data::new(
        "how many times as good the best is, where that is most",
        &["of", "regret", "kind", "tier", "caveat"],
    );
    let scenarios = evaluation.scenarios.iter();
    let mut all: Vec<&Regret> = scenarios
        .flat_map(|scenario| scenario.regrets.iter().flatten())
        .collect();
    let value = |one: &Regret| one.estimate.bounds(1.0 - confidence::SHOWN).value;
    all.sort_by(|a, b| value(a).total_cmp(&value(b)));
    data.rows.extend(all.into_iter().map(|one| {
        let cells = [one.of.to_string(), regret(one)];
        cells.into_iter().chain(columns(one.label)).collect()
    }));
    html! {
        @if !data.rows.is_empty() {
            h2 { "Regret" }
            div.wrapping { (data.draw()) }
        }
    }
}

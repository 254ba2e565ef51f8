// SPDX-License-Identifier: GPL-2.0

//! Table of the comparisons: each with its interval, its kind, its tier and what does not transfer.

use maud::{html, Markup};

use super::figure::Data;
use crate::{
    judge::{evaluation::Evaluation, label::Label},
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
    for one in evaluation
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.regrets.iter().flatten())
    {
        let mut row = vec![format!("regret of {}", one.of), regret(one)];
        row.extend(columns(one.label));
        data.rows.push(row);
    }
    html! {
        @if !data.rows.is_empty() {
            h2 { "Comparisons" }
            (data.draw())
        }
    }
}

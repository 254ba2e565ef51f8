// SPDX-License-Identifier: GPL-2.0

//! Table of the comparisons: each with its interval, its kind, its tier and what does not transfer.

use maud::{html, Markup};

use super::figure::Data;
use crate::{
    judge::evaluation::Evaluation,
    show::comparison::{label, measured, regret},
};

/// The table; nothing if the experiment compares nothing.
pub fn table(evaluation: &Evaluation<'_>) -> Markup {
    let mut data = Data::new(
        "ratios over boots",
        &["comparison", "measured", "kind", "tier", "caveat"],
    );
    let scenarios = evaluation.scenarios.iter();
    for (compare, found) in scenarios.flat_map(|scenario| scenario.comparisons()) {
        let label = label(found);
        let label = label.map(|label| [label.kind.name(), label.tier.name(), label.caveat()]);
        let mut row = vec![compare.text.clone(), measured(compare, found)];
        row.extend(label.unwrap_or(["?"; 3]).map(String::from));
        data.rows.push(row);
    }
    for one in evaluation
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.regrets.iter().flatten())
    {
        let label = one
            .label
            .map(|label| [label.kind.name(), label.tier.name(), label.caveat()]);
        let mut row = vec![format!("regret of {}", one.of), regret(one)];
        row.extend(label.unwrap_or(["?"; 3]).map(String::from));
        data.rows.push(row);
    }
    html! {
        @if !data.rows.is_empty() {
            h2 { "Comparisons" }
            (data.draw())
        }
    }
}

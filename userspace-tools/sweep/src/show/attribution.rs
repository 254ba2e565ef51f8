// SPDX-License-Identifier: GPL-2.0

//! Confusion matrix of long waits as text: a row for each true cause, in all and along each axis.

use abi::lock_load::Cause;
use comfy_table::CellAlignment;
use statistics::{confidence, Bounds, Estimate};

use crate::{
    console::table::plain,
    judge::attribution::{Attribution, KnownWait, Matrix, INJECTED},
    judge::evaluation::EvaluatedScenario,
};

/// The matrices of a scenario whose runs inject preemptions.
pub fn text(of: &EvaluatedScenario<'_>) -> String {
    match &of.attribution {
        None => String::new(),
        Some(Err(why)) => format!("  causes of long waits: NOT MEASURED: {why}\n"),
        Some(Ok(attribution)) => {
            let axes = of.scenario.axes.iter();
            // The target decides the true cause.
            let axes = axes.filter(|(axis, values)| *axis != "preempt" && values.len() > 1);
            let grids = axes.map(|(axis, _)| grid(attribution, Some(axis)));
            let grids: String = grids.collect();
            grid(attribution, None) + &grids + &rates(attribution) + &apart(attribution)
        }
    }
}

/// A row for each true cause and value of `axis`.
fn grid(of: &Attribution, axis: Option<&str>) -> String {
    let at = |wait: &KnownWait| {
        let value = axis.and_then(|axis| wait.settings.get(axis));
        value.map(ToString::to_string).unwrap_or_default()
    };
    let mut rows = Vec::new();
    for (cause, _) in INJECTED {
        let mine = || of.known.iter().filter(|wait| wait.true_cause == cause);
        let mut values: Vec<String> = mine().map(at).collect();
        // Shorter numbers are smaller ones.
        values.sort_by_key(|value| (value.len(), value.clone()));
        values.dedup();
        for value in values {
            let matrix = Matrix::of(mine().filter(|wait| at(wait) == value));
            let given = Cause::ALL.iter().map(|given| matrix.count(cause, *given));
            let recall = matrix
                .recall(cause)
                .0
                .map_or("-".into(), |part| format!("{part:.3}"));
            let head = [cause.to_string(), value];
            let cells = head.into_iter().chain(given.map(|n| n.to_string()));
            rows.push(cells.chain([recall]).collect::<Vec<String>>());
        }
    }
    let given = Cause::ALL.iter().map(ToString::to_string);
    let head = ["true cause".into(), axis.unwrap_or("").into()].into_iter();
    let head = head.chain(given).chain(["recall".into()]);
    let mut table = plain(head.collect::<Vec<String>>(), rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("long waits by the cause given\n{}\n\n", table.trim_fmt())
}

fn rates(of: &Attribution) -> String {
    let lines = INJECTED.iter().map(|(cause, _)| {
        let rate = |estimate: Result<Estimate, String>| match estimate {
            Ok(estimate) => rate(&estimate),
            Err(why) => format!("NOT MEASURED ({why})"),
        };
        let (precision, recall) = (rate(of.precision(*cause)), rate(of.recall(*cause)));
        format!("  {cause}: precision {precision}, recall {recall}\n")
    });
    lines.collect()
}

fn rate(estimate: &Estimate) -> String {
    let Bounds { value, low, high } = estimate.bounds(1.0 - confidence::SHOWN);
    match estimate.boots {
        1 => format!("{value:.3} of one boot: not a measurement"),
        boots => format!("{value:.3} [{low:.3}, {high:.3}] of {boots} boots"),
    }
}

/// What is in no matrix.
fn apart(of: &Attribution) -> String {
    let unplaced = of.unplaced.iter();
    let unplaced = unplaced.map(|(why, count)| format!("  stops left out: {count}: {why}\n"));
    format!(
        "  {} long waits of unknown true cause: no stop is known to have made them long; {} of them have a part of one\n  \
         {} stops made no logged wait long\n{}",
        of.unknown,
        of.mixed,
        of.unmatched,
        unplaced.collect::<String>()
    )
}

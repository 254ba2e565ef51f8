// SPDX-License-Identifier: GPL-2.0

//! Grid of medians: a column for each value of the last axis, a row for each point on the others.

use abi::status::OracleState;
use comfy_table::CellAlignment;

use crate::{
    console::{numbers, table::plain},
    judge::cell::Cell,
    plan::experiment::{Oracle, Scenario},
    plan::setting::{values_of, without},
};

/// A row: cells that differ in the last axis only.
pub type Row<'a> = Vec<&'a Cell>;

/// A column that summarises a row: its name and its text.
pub type Column<'a> = (&'a str, &'a dyn Fn(&Row<'_>) -> String);

/// Draws the grid with `more` columns that summarise each row.
pub fn grid(scenario: &Scenario, cells: &[Cell], more: &[Column<'_>]) -> String {
    let Some((last, values)) = scenario.axes.last() else {
        return String::new();
    };
    let names = cells.first().map(|cell| without(&cell.at, last));
    let names = names.unwrap_or_default().into_keys();
    let mut header = vec![names.collect::<Vec<_>>().join(" ")];
    header.extend(values.iter().map(|value| match value.to_string().as_str() {
        "1" if last == "threads" => "1 thread".into(),
        value => format!("{value} {last}"),
    }));
    header.extend(more.iter().map(|(name, _)| (*name).to_string()));
    let lines = rows(cells, last).into_iter().map(|row| {
        let mut line = vec![values_of(&without(&row[0].at, last))];
        line.extend(values.iter().map(|value| {
            let cell = row.iter().find(|cell| cell.at.get(last) == Some(value));
            cell.map_or_else(|| "-".into(), |cell| median(cell))
        }));
        line.extend(more.iter().map(|(_, text)| text(&row)));
        line
    });
    let mut table = plain(header, lines);
    for i in 1..=values.len() {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn rows<'a>(cells: &'a [Cell], last: &str) -> Vec<Row<'a>> {
    let rest = |cell: &Cell| without(&cell.at, last);
    let mut rows: Vec<Row<'a>> = Vec::new();
    for cell in cells {
        match rows.iter_mut().find(|row| rest(row[0]) == rest(cell)) {
            Some(row) => row.push(cell),
            None => rows.push(vec![cell]),
        }
    }
    rows
}

/// The median, and the distance of the farthest repeat.
fn median(cell: &Cell) -> String {
    cell.sample().map_or_else(String::new, |sample| {
        let median = numbers::short(sample.median);
        match sample.n {
            1 => median,
            _ => format!(
                "{median} ±{:>2.0}%",
                (sample.deviation() * 100.0).min(999.0)
            ),
        }
    })
}

/// Verdict on the oracle over the tested runs of a row: `PASS 9/9`, or `PASS (caught) 9/9` where a
/// broken promise is expected.
pub fn oracle(row: &Row<'_>) -> String {
    let control = row
        .iter()
        .filter(|cell| cell.expected == Some(Oracle::Caught));
    let due: usize = control.map(|cell| cell.reports.len()).sum();
    let count = |verdict| row.iter().map(|cell| cell.count(verdict)).sum::<usize>();
    let (broken, kept) = (count(OracleState::Broken), count(OracleState::Held));
    let tested = broken + kept;
    match (due, broken, kept) {
        (0, 0, 0) => "SKIP (no promise)".into(),
        (0, 0, kept) => format!("PASS {kept}/{tested}"),
        (0, broken, _) => format!("FAIL {broken}/{tested}"),
        (due, broken, _) if broken < due => format!("FAIL (not caught) {}/{due}", due - broken),
        (due, broken, _) => format!("PASS (caught) {broken}/{due}"),
    }
}

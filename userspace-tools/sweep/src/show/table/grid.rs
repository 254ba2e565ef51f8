// SPDX-License-Identifier: GPL-2.0

//! A grid of medians: rows are the axes but the last, columns the values of the last.

use abi::status::OracleState;
use comfy_table::{presets, CellAlignment, Table, TableComponent};

use crate::{
    console::human,
    judge::cell::Cell,
    plan::experiment::{Oracle, Scenario},
    plan::setting::Point,
};

/// A row: cells that differ in the last axis only.
pub type Row<'a> = Vec<&'a Cell>;

/// A column that sums up a row: its name and its text.
pub type Column<'a> = (&'a str, &'a dyn Fn(&Row<'_>) -> String);

/// Draws the grid; `more` are columns that sum up a row.
pub fn grid(scenario: &Scenario, cells: &[Cell], more: &[Column<'_>]) -> String {
    let Some((last, values)) = scenario.axes.last() else {
        return String::new();
    };
    let names = cells
        .first()
        .map(|cell| cell.at.keys().filter(|key| *key != last));
    let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    let mut header = vec![names.join(" ")];
    header.extend(values.iter().map(|value| match value.to_string().as_str() {
        "1" if last == "threads" => "1 thread".into(),
        value => format!("{value} {last}"),
    }));
    header.extend(more.iter().map(|(name, _)| (*name).to_string()));
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '-');
    table.set_header(header);
    for row in rows(cells, last) {
        let at = row[0].at.iter().filter(|(key, _)| *key != last);
        let mut line = vec![at
            .map(|(_, value)| value.to_string())
            .collect::<Vec<_>>()
            .join(" ")];
        line.extend(values.iter().map(|value| {
            let cell = row.iter().find(|cell| cell.at.get(last) == Some(value));
            cell.map_or_else(|| "-".into(), |cell| median(cell))
        }));
        line.extend(more.iter().map(|(_, text)| text(&row)));
        table.add_row(line);
    }
    for i in 1..=values.len() {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn rows<'a>(cells: &'a [Cell], last: &str) -> Vec<Row<'a>> {
    let rest = |cell: &Cell| -> Point {
        let rest = cell.at.iter().filter(|(key, _)| *key != last);
        rest.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let mut rows: Vec<Row<'a>> = Vec::new();
    for cell in cells {
        match rows.iter_mut().find(|row| rest(row[0]) == rest(cell)) {
            Some(row) => row.push(cell),
            None => rows.push(vec![cell]),
        }
    }
    rows
}

/// The median and how far the farthest repeat is from it.
fn median(cell: &Cell) -> String {
    cell.sample().map_or_else(String::new, |sample| {
        let median = human::short(sample.median);
        match sample.n {
            1 => median,
            _ => format!(
                "{median} ±{:>2.0}%",
                (sample.deviation() * 100.0).min(999.0)
            ),
        }
    })
}

/// What the oracle said of the runs of a row that it tested: `held 9/9`, or `caught 9/9` where
/// the promise was to be broken.
pub fn oracle(row: &Row<'_>, held: &str) -> String {
    let control = row
        .iter()
        .filter(|cell| cell.expected == Some(Oracle::Caught));
    let due: usize = control.map(|cell| cell.reports.len()).sum();
    let count = |verdict| row.iter().map(|cell| cell.count(verdict)).sum::<usize>();
    let (broken, kept) = (count(OracleState::Broken), count(OracleState::Held));
    let tested = broken + kept;
    match (due, broken, kept) {
        (0, 0, 0) => "nothing promised".into(),
        (0, 0, kept) => format!("{held} {kept}/{tested}"),
        (0, broken, _) => format!("BROKEN {broken}/{tested}"),
        (due, broken, _) if broken < due => format!("NOT CAUGHT {}/{due}", due - broken),
        (due, broken, _) => format!("caught {broken}/{due}"),
    }
}

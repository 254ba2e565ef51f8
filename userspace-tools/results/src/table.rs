// SPDX-License-Identifier: GPL-2.0

//! Tables and numbers in the format that all tools share.

use abi::Line;
pub use comfy_table::Table as Grid;
use comfy_table::{presets::NOTHING, CellAlignment};

pub use crate::number::{rate, short};
use crate::{pairs, Cell, Clock, Report};

/// The alignment of a column that is text.
pub const LEFT: CellAlignment = CellAlignment::Left;

/// An empty table with the columns of `header`.
pub fn grid(header: &[&str]) -> Grid {
    let mut grid = Grid::new();
    grid.load_preset(NOTHING).set_header(header);
    grid
}

/// Aligns all columns but the first `names` to the right.
pub fn numbers(grid: &mut Grid, names: usize) {
    for column in grid.column_iter_mut().skip(names) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// A table of report lines of one kind: a column for each key, times with their unit.
pub fn lines<T: Line>(lines: &[T]) -> Grid {
    let heads = T::KEYS.iter().map(|key| key.trim_end_matches("_ns"));
    let mut grid = grid(&heads.collect::<Vec<_>>());
    for line in lines {
        let text = line.to_string();
        grid.add_row(pairs(&text).map(|(key, value)| match value.parse() {
            Ok(ns) if key.ends_with("_ns") => time(ns),
            _ => value.into(),
        }));
    }
    numbers(&mut grid, 0);
    grid
}

/// The text of a measurement; `--` without one.
pub fn or_dashes<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "--".into(), text)
}

/// The entry of a column for a cell.
type Entry<'a, R> = dyn Fn(&Cell<R>) -> String + 'a;

/// A column of a table with one row for each cell.
pub struct Column<'a, R: Report> {
    head: String,
    text: Box<Entry<'a, R>>,
}

/// The column `head`, whose entries are `text` of each cell.
pub fn column<'a, R: Report>(
    head: impl Into<String>,
    text: impl Fn(&Cell<R>) -> String + 'a,
) -> Column<'a, R> {
    Column {
        head: head.into(),
        text: Box::new(text),
    }
}

/// A column with the median of a measurement.
pub fn median<'a, R: Report>(
    head: impl Into<String>,
    measure: impl Fn(&R) -> Option<f64> + 'a,
    text: impl Fn(f64) -> String + 'a,
) -> Column<'a, R> {
    column(head, move |cell| {
        or_dashes(cell.sample(&measure), |sample| text(sample.median))
    })
}

/// The columns that every such table begins with: rate of `what`, and spread of the repeats.
pub fn rates<'a, R: Report>(what: &str) -> Vec<Column<'a, R>> {
    let head = format!("{what}{}", Clock::here().per());
    vec![
        median(head, |run: &R| Some(run.rate()), rate),
        column("spread", Cell::spread),
    ]
}

/// The column that every such table ends with.
pub fn verdict<'a, R: Report>() -> Column<'a, R> {
    column("verdict", |cell| cell.outcome().to_string())
}

/// A table with one row for each cell: the settings `always`, those that differ, and `columns`.
pub fn list<R: Report>(cells: &[Cell<R>], always: &[&str], columns: &[Column<R>]) -> String {
    let keys = Cell::columns(cells, always);
    let heads = columns.iter().map(|column| column.head.as_str());
    let mut grid = grid(&keys.iter().copied().chain(heads).collect::<Vec<_>>());
    for cell in cells {
        let mut row = cell.values(&keys);
        row.extend(columns.iter().map(|column| (column.text)(cell)));
        grid.add_row(row);
    }
    numbers(&mut grid, 1);
    let repeats = cells.first().map_or(0, |cell| cell.runs.len());
    format!("{grid}\n\nmedians of {repeats}; spread: of the farthest repeat from the median\n")
}

/// A rate with its unit: `4.56M/s`.
pub fn per_second(value: f64) -> String {
    format!("{}{}", rate(value), Clock::here().per())
}

/// A time in three digits, by the guest's clock: `950ns`, `12.3us`, `4.56ms`.
pub fn time(ns: u64) -> String {
    Clock::here().show(ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_its_unit() {
        for (ns, text) in [
            (0, "0ns"),
            (12_345, "12.3us"),
            (4_560_000, "4.56ms"),
            (1_200_000_000, "1.20s"),
        ] {
            assert_eq!(time(ns), text);
        }
    }
}

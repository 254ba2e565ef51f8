// SPDX-License-Identifier: GPL-2.0

//! Tables and numbers in the format that all tools share.

use abi::Line;
pub use comfy_table::Table as Grid;
use comfy_table::{presets::NOTHING, CellAlignment};

use crate::{pairs, Cell, Report};

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
    head: &'static str,
    text: Box<Entry<'a, R>>,
}

/// The column `head`, whose entries are `text` of each cell.
pub fn column<'a, R: Report>(
    head: &'static str,
    text: impl Fn(&Cell<R>) -> String + 'a,
) -> Column<'a, R> {
    Column {
        head,
        text: Box::new(text),
    }
}

/// A column with the median of a measurement.
pub fn median<'a, R: Report>(
    head: &'static str,
    measure: impl Fn(&R) -> Option<f64> + 'a,
    text: impl Fn(f64) -> String + 'a,
) -> Column<'a, R> {
    column(head, move |cell| {
        or_dashes(cell.sample(&measure), |sample| text(sample.median))
    })
}

/// The columns that every such table begins with: rate, and spread of the repeats.
pub fn rates<'a, R: Report>(head: &'static str) -> Vec<Column<'a, R>> {
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
    let heads = columns.iter().map(|column| column.head);
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

/// Three digits and a magnitude: `4.12M`.
pub fn short(value: f64) -> String {
    let scales = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    // 999.6k is 1.00M: a value belongs to a scale once it rounds up to it.
    let scale = scales.iter().find(|(unit, _)| value.abs() >= unit * 0.9995);
    let (unit, name) = scale.copied().unwrap_or((1.0, ""));
    let value = value / unit;
    let digits = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.digits$}{name}")
}

/// A rate or a count in three digits: `950`, `12.3k`, `4.56M`.
pub fn rate(value: f64) -> String {
    match value {
        v if v >= 999.5 => short(v),
        v => format!("{v:.0}"),
    }
}

/// A time in three digits: `950ns`, `12.3us`, `4.56ms`.
pub fn time(ns: u64) -> String {
    match ns as f64 {
        n if n >= 1e9 => format!("{:.2}s", n / 1e9),
        n if n >= 1e6 => format!("{:.2}ms", n / 1e6),
        n if n >= 1e3 => format!("{:.1}us", n / 1e3),
        n => format!("{n:.0}ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_at_every_magnitude() {
        for (value, text) in [
            (0.0, "0.00"),
            (7.0, "7.00"),
            (999.4, "999"),
            (999.6, "1.00k"),
            (1_234.0, "1.23k"),
            (99_960.0, "100k"),
            (41_234_567.0, "41.2M"),
            (2e9, "2.00G"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(
            (rate(950.4), rate(12_345.0)),
            ("950".into(), "12.3k".into())
        );
    }

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

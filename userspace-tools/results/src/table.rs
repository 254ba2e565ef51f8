// SPDX-License-Identifier: GPL-2.0

//! Tables and numbers in the format that all tools share.

pub use comfy_table::Table as Grid;
use comfy_table::{presets::NOTHING, CellAlignment};

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

/// The text of a measurement; `--` without one.
pub fn or_dashes<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "--".into(), text)
}

/// A rate in few digits: `950`, `12.3k`, `4.56M`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        r if r >= 1e6 => format!("{:.2}M", r / 1e6),
        r if r >= 1e3 => format!("{:.1}k", r / 1e3),
        r => format!("{r:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_has_about_three_digits() {
        assert_eq!(rate(950.4), "950");
        assert_eq!(rate(12_345.0), "12.3k");
        assert_eq!(rate(4_560_000.0), "4.56M");
    }
}

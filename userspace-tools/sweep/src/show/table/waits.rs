// SPDX-License-Identifier: GPL-2.0

//! Table of waits at the most threads: quantiles by section, and by time.

use comfy_table::CellAlignment;
use results::Histogram;

use crate::{
    console::{numbers, table::plain},
    judge::cell::Cell,
    plan::setting::values_of,
};

/// The table; nothing if no waits were sampled.
pub fn table(cells: &[Cell], unit: &str) -> String {
    let most = cells.iter().map(|cell| cell.number("threads")).max();
    let here = cells
        .iter()
        .filter(|cell| Some(cell.number("threads")) == most);
    let rows = here.filter_map(|cell| row(cell, &cell.waits()));
    let rows: Vec<[String; 6]> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = [
        "waits",
        "sections",
        "p50",
        "p99",
        "p50 by time",
        "p99 by time",
    ];
    let mut table = plain(head, rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!(
        "\n{}\nwaits in {unit}; by time: the wait met at a random moment of waiting\n",
        table.trim_fmt()
    )
}

fn row(cell: &Cell, waits: &Histogram) -> Option<[String; 6]> {
    let short = |ns: Option<u64>| ns.map_or_else(|| "-".into(), |ns| numbers::short(ns as f64));
    (waits.count() > 0).then(|| {
        [
            values_of(&cell.at),
            numbers::short(waits.count() as f64),
            short(waits.quantile(0.5)),
            short(waits.quantile(0.99)),
            short(waits.quantile_by_time(0.5)),
            short(waits.quantile_by_time(0.99)),
        ]
    })
}

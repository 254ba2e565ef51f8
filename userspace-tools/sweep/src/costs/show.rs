// SPDX-License-Identifier: GPL-2.0

//! Costs as text and as JSON.

use comfy_table::CellAlignment;
use serde_json::{json, Value};
use vm_record::COUNT_CAVEAT;

use super::{compare::Line, table::Table};
use crate::{
    console::table::plain,
    judge::{
        costs::{grids, Grid, Measured, COLUMNS, EMPTY, LEGEND},
        verdict::Verdict,
    },
    store::provenance::Provenance,
};

/// One table for each axis, then every difference from the committed table, then the verdicts.
pub fn text(measured: &Measured, lines: &[Line], table: &Table, of: &Provenance) -> String {
    let mut text = format!("Instructions per operation\n  {COUNT_CAVEAT}\n");
    text += &format!("  guest    kernel {}, QEMU {}\n", of.kernel(), of.qemu());
    if (of.kernel(), of.qemu()) != (table.kernel.as_str(), table.qemu.as_str()) {
        let (kernel, qemu) = (&table.kernel, &table.qemu);
        text += &format!("  table    kernel {kernel}, QEMU {qemu}: costs may differ for that\n");
    }
    text += "\n";
    text.extend(grids(measured).iter().map(|grid| drawn(grid) + "\n\n"));
    text += &format!("{}\n\n", LEGEND.join("\n"));
    for line in lines.iter().filter(|line| !line.text.is_empty()) {
        let Line {
            column,
            row,
            verdict,
            text: why,
            ..
        } = line;
        text += &format!("{verdict}: {column} of {row}: {why}\n");
    }
    let verdicts = lines.iter().map(|line| line.verdict);
    text + &format!("{} of {} costs", Verdict::count(verdicts), lines.len())
}

fn drawn(grid: &Grid) -> String {
    let body = grid.rows.iter().map(|(name, cells)| {
        let cells = cells.iter().map(|(cost, over)| format!("{cost} {over:<8}"));
        [name.clone()].into_iter().chain(cells).collect::<Vec<_>>()
    });
    let mut table = plain(grid.head.clone(), body);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

pub fn json(measured: &Measured, lines: &[Line], verdict: Verdict) -> Value {
    let costs = lines.iter().map(|line| {
        let column = COLUMNS.iter().find(|column| column.name == line.column);
        let over = column.and_then(|column| measured.over(column, &line.row));
        json!({
            "column": line.column, "row": line.row, "instructions": line.measured,
            "reference": over.map(|(reference, _)| reference), "over": over.map(|(_, over)| over),
            "committed": line.committed, "verdict": line.verdict, "text": line.text,
        })
    });
    let loops = COLUMNS.iter().filter_map(|column| {
        let raw = measured.raw(column.name, EMPTY)?;
        Some((column.name.to_string(), Value::from(raw)))
    });
    json!({
        "unit": "instructions",
        "caveat": COUNT_CAVEAT,
        "loops": loops.collect::<serde_json::Map<_, _>>(),
        "costs": costs.collect::<Vec<_>>(),
        "verdict": verdict,
    })
}

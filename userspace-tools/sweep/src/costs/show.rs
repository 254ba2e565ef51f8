// SPDX-License-Identifier: GPL-2.0

//! Costs as text and as JSON.

use comfy_table::CellAlignment;
use serde_json::{json, Value};
use vm_record::COUNT_CAVEAT;

use super::{
    column::{Column, COLUMNS, EMPTY},
    compare::Line,
    measured::Measured,
    table::Table,
};
use crate::{console::table::plain, judge::verdict::Verdict, store::provenance::Provenance};

/// Counters and chunk policies are compared with one that the kernel has.
const REFERENCES: [(&str, &str); 2] = [("add", "percpu_counter"), ("dispatch", "padata")];

const LEGEND: &str = "\
uncontended: lock and unlock by one thread; histograms: what they add to that
hand-over: both threads, from the end of a section to the start of the one that waited, clock reads included
dispatch: taking one chunk at burst 1; (loop): without lock or counter, subtracted from the others

";

/// One table for each axis, then every difference from the committed table, then the verdicts.
pub fn text(measured: &Measured, lines: &[Line], table: &Table, of: &Provenance) -> String {
    let mut axes: Vec<&str> = COLUMNS.iter().map(|column| column.axis).collect();
    axes.dedup();
    let grids = axes.iter().map(|axis| grid(axis, measured) + "\n\n");
    let mut text = format!("Instructions per operation\n  {COUNT_CAVEAT}\n");
    text += &format!("  guest    kernel {}, QEMU {}\n", of.kernel(), of.qemu());
    if (of.kernel(), of.qemu()) != (table.kernel.as_str(), table.qemu.as_str()) {
        let (kernel, qemu) = (&table.kernel, &table.qemu);
        text += &format!("  table    kernel {kernel}, QEMU {qemu}: costs may differ for that\n");
    }
    text += "\n";
    text.extend(grids);
    text += LEGEND;
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

fn grid(axis: &str, measured: &Measured) -> String {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| column.axis == axis)
        .collect();
    let reference = REFERENCES
        .iter()
        .find(|(name, _)| columns.iter().any(|c| c.name == *name));
    let mut head = vec![axis.to_string()];
    head.extend(columns.iter().map(|column| column.name.to_string()));
    head.extend(reference.map(|(_, name)| format!("less {name}'s")));
    let mut rows: Vec<&str> = Vec::new();
    for row in columns.iter().flat_map(|column| measured.rows(column)) {
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let loops = columns
        .iter()
        .map(|column| number(measured.raw(column.name, EMPTY)));
    let mut body = vec![["(loop)".to_string()]
        .into_iter()
        .chain(loops)
        .collect::<Vec<_>>()];
    for row in rows {
        let mut cells = vec![row.to_string()];
        cells.extend(
            columns
                .iter()
                .map(|column| number(measured.cost(column, row))),
        );
        if let (Some((_, name)), [column]) = (reference, columns.as_slice()) {
            let other = measured.cost(column, name);
            let less = measured.cost(column, row).zip(other).map(|(a, b)| a - b);
            cells.push(less.map_or_else(|| "-".into(), |less| format!("{less:+.1}")));
        }
        body.push(cells);
    }
    let mut grid = plain(head, body);
    for column in grid.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    grid.trim_fmt()
}

fn number(cost: Option<f64>) -> String {
    cost.map_or_else(|| "-".into(), |cost| format!("{cost:.1}"))
}

pub fn json(measured: &Measured, lines: &[Line], verdict: Verdict) -> Value {
    let costs = lines.iter().map(|line| {
        json!({
            "column": line.column, "row": line.row, "instructions": line.measured,
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

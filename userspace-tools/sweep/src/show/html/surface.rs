// SPDX-License-Identifier: GPL-2.0

//! The surface over overcommit and threads: each field has its number, so no colour must be read.

use maud::{html, Markup};

use super::{
    chart::n,
    figure::{Data, Figure},
    scaling::AXES,
    Drawn,
};
use crate::{console::human, judge::cell::Cell, plan::experiment::Module};
use statistics::median;

/// One surface for each series, where guests of several ratios or sizes were run.
pub fn figures(drawn: &Drawn<'_>) -> Vec<Figure> {
    let guest = drawn.loaded.experiment.guest.axes();
    let down = guest.iter().find(|axis| ["ratio", "vcpus"].contains(axis));
    let across = AXES
        .iter()
        .find(|axis| drawn.scenario.axes.contains_key(**axis));
    let (Some(down), Some(across)) = (down, across) else {
        return Vec::new();
    };
    let mut all: Vec<(String, Vec<&Cell>)> = Vec::new();
    for cell in drawn.cells {
        let name = drawn.name(&cell.at, &[down, across]);
        match all.iter_mut().find(|(n, _)| *n == name) {
            Some((_, cells)) => cells.push(cell),
            None => all.push((name, vec![cell])),
        }
    }
    let whole = all.iter().filter(|(_, cells)| cells.len() > 1);
    let panels: Vec<Panel> = whole
        .map(|(name, cells)| panel(name, cells, down, across))
        .collect();
    match panels.is_empty() {
        true => Vec::new(),
        false => vec![figure(drawn, &panels, down, across)],
    }
}

/// The fields of one series.
struct Panel {
    name: String,
    rows: Vec<u64>,
    columns: Vec<u64>,
    fields: Vec<(u64, u64, f64)>,
}

fn panel(name: &str, cells: &[&Cell], down: &str, across: &str) -> Panel {
    let values = |key: &str| {
        let mut values: Vec<u64> = cells.iter().map(|cell| cell.number(key)).collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let median = |cell: &&Cell| median(cell.values()).unwrap_or(0.0);
    Panel {
        name: name.into(),
        rows: values(down),
        columns: values(across),
        fields: cells
            .iter()
            .map(|cell| (cell.number(down), cell.number(across), median(cell)))
            .collect(),
    }
}

const WIDTH: f64 = 460.0;
const LEFT: f64 = 96.0;
const FIELD: f64 = 24.0;
/// The name of a block, and what stands above its columns.
const HEAD: f64 = 38.0;

fn figure(drawn: &Drawn<'_>, panels: &[Panel], down: &str, across: &str) -> Figure {
    let mut data = Data {
        caption: format!("median {} by {down} and {across}", drawn.measure()),
        head: ["series", down, across, "median"]
            .map(String::from)
            .to_vec(),
        rows: Vec::new(),
    };
    for panel in panels {
        for (row, column, value) in &panel.fields {
            let (row, column) = (row.to_string(), column.to_string());
            data.rows
                .push(vec![panel.name.clone(), row, column, human::short(*value)]);
        }
    }
    let across_words = across.replace('_', " ");
    Figure {
        title: format!("{} over {down} and {across_words}", drawn.measure()),
        words: format!(
            "One block for each series: {down} downwards, {across_words} to the right, the median in \
             each field. The fuller the colour, the nearer to the best of its own block."
        ),
        series: Vec::new(),
        // Of times, the shortest is the best.
        drawing: draw(panels, down, &across_words, drawn.scenario.module == Module::JobRunner),
        data: vec![data],
        settings: drawn.settings(),
        command: drawn.command(),
    }
}

fn draw(panels: &[Panel], down: &str, across: &str, less: bool) -> Markup {
    let height = |panel: &Panel| HEAD + FIELD * panel.rows.len() as f64 + 8.0;
    let mut tops = Vec::new();
    let mut y = 0.0;
    for panel in panels {
        tops.push(y);
        y += height(panel);
    }
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (n(y)) } aria-hidden="true" focusable="false" {
            @for (panel, top) in panels.iter().zip(tops) { (fields(panel, top, down, across, less)) }
        }
    }
}

fn fields(panel: &Panel, top: f64, down: &str, across: &str, less: bool) -> Markup {
    let wide = (WIDTH - LEFT - 6.0) / panel.columns.len() as f64;
    let most = panel
        .fields
        .iter()
        .map(|f| f.2)
        .fold(f64::MIN_POSITIVE, f64::max);
    let least = panel
        .fields
        .iter()
        .map(|f| f.2)
        .fold(f64::INFINITY, f64::min);
    let place = |of: &[u64], value: u64| of.iter().position(|v| *v == value).unwrap_or(0) as f64;
    let first = top + HEAD;
    html! {
        text.on.strong x="2" y=(n(top + 15.0)) { (panel.name) }
        text.end x=(LEFT - 8.0) y=(n(top + 32.0)) { (across) }
        @for (i, column) in panel.columns.iter().enumerate() {
            text.middle x=(n(LEFT + (i as f64 + 0.5) * wide)) y=(n(top + 32.0)) { (column) }
        }
        @for (i, row) in panel.rows.iter().enumerate() {
            text.end x=(LEFT - 8.0) y=(n(first + i as f64 * FIELD + 16.0)) { (down) " " (row) @if down == "ratio" { "x" } }
        }
        @for (row, column, value) in &panel.fields {
            @let (x, y) = (LEFT + place(&panel.columns, *column) * wide, first + place(&panel.rows, *row) * FIELD);
            @let fraction = if less { least / value } else { value / most };
            g data-tip={ (panel.name) "\n" (down) " " (row) ", " (across) " " (column) "\n" (human::short(*value)) }
                data-x=(n(x + wide / 2.0)) data-y=(n(y)) {
                rect.heat x=(n(x)) y=(n(y)) width=(n(wide)) height=(FIELD) rx="3"
                    style={ "fill: rgba(var(--heat), " (format!("{:.2}", 0.05 + 0.45 * fraction)) ")" } {}
                text.middle.on x=(n(x + wide / 2.0)) y=(n(y + 16.0)) { (human::short(*value)) }
            }
        }
    }
}

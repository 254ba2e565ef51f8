// SPDX-License-Identifier: GPL-2.0

//! Heat map: the median by overcommit, or vCPUs, and threads. Each field has its number as text.

use maud::{html, Markup};
use statistics::median;

use super::{
    figure::{n, Data, Drawing, Figure, WIDTH},
    view::View,
};
use crate::{console::numbers, judge::cell::Cell};

const LEFT: f64 = 96.0;
const FIELD: f64 = 24.0;
/// Height of a block's name and of the labels of its columns.
const HEAD: f64 = 38.0;

/// The fields of one series.
struct Block {
    name: String,
    rows: Vec<u64>,
    columns: Vec<u64>,
    fields: Vec<(u64, u64, f64)>,
}

/// The two axes, and whether less is better.
struct Axes<'a> {
    down: &'a str,
    across: &'a str,
    is_time: bool,
}

/// One figure, if the guests have several ratios or sizes, with a block for each series.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    let is_down = |axis: &&&str| ["ratio", "vcpus"].contains(*axis);
    let (Some(down), Some(across)) = (view.guest_axes.iter().find(is_down), view.thread_axis())
    else {
        return Vec::new();
    };
    let mut series: Vec<(String, Vec<&Cell>)> = Vec::new();
    for cell in view.cells {
        let name = view.name(&cell.at, &[down, across]);
        match series.iter_mut().find(|(known, _)| *known == name) {
            Some((_, cells)) => cells.push(cell),
            None => series.push((name, vec![cell])),
        }
    }
    let several = series.into_iter().filter(|(_, cells)| cells.len() > 1);
    let blocks = several.map(|(name, cells)| block(name, &cells, down, across));
    let blocks: Vec<Block> = blocks.collect();
    match blocks.is_empty() {
        true => Vec::new(),
        false => vec![figure(view, &blocks, down, across)],
    }
}

fn block(name: String, cells: &[&Cell], down: &str, across: &str) -> Block {
    let values = |key: &str| {
        let mut values: Vec<u64> = cells.iter().map(|cell| cell.number(key)).collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let field = |cell: &&Cell| {
        let median = median(cell.values()).unwrap_or(0.0);
        (cell.number(down), cell.number(across), median)
    };
    Block {
        name,
        rows: values(down),
        columns: values(across),
        fields: cells.iter().map(field).collect(),
    }
}

fn figure(view: &View<'_>, blocks: &[Block], down: &str, across: &str) -> Figure {
    let metric = view.metric();
    let mut data = Data::new(
        format!("median {metric} by {down} and {across}"),
        &["series", down, across, "median"],
    );
    for block in blocks {
        let rows = block.fields.iter().map(|(row, column, value)| {
            let name = block.name.clone();
            vec![
                name,
                row.to_string(),
                column.to_string(),
                numbers::short(*value),
            ]
        });
        data.rows.extend(rows);
    }
    let across = &across.replace('_', " ");
    let axes = Axes {
        down,
        across,
        is_time: view.is_time(),
    };
    view.figure(
        format!("{metric} over {down} and {across}"),
        format!(
            "One block for each series: {down} downwards, {across} to the right, the median in each \
             field. The fuller the colour, the nearer to the best of its own block."
        ),
        &Default::default(),
        vec![data],
        draw(blocks, &axes),
    )
}

fn draw(blocks: &[Block], axes: &Axes<'_>) -> Drawing {
    let mut height = 0.0;
    let mut tops = Vec::new();
    for block in blocks {
        tops.push(height);
        height += HEAD + FIELD * block.rows.len() as f64 + 8.0;
    }
    let content = html! {
        @for (block, top) in blocks.iter().zip(tops) { (fields(block, top, axes)) }
    };
    Drawing::new(height, content)
}

fn fields(block: &Block, top: f64, axes: &Axes<'_>) -> Markup {
    let Axes { down, across, .. } = axes;
    let wide = (WIDTH - LEFT - 6.0) / block.columns.len() as f64;
    let values = || block.fields.iter().map(|field| field.2);
    let most = values().fold(f64::MIN_POSITIVE, f64::max);
    let least = values().fold(f64::INFINITY, f64::min);
    let place = |of: &[u64], value: u64| of.iter().position(|v| *v == value).unwrap_or(0) as f64;
    let first = top + HEAD;
    html! {
        text.on.strong x="2" y=(n(top + 15.0)) { (block.name) }
        text.end x=(LEFT - 8.0) y=(n(top + 32.0)) { (across) }
        @for (i, column) in block.columns.iter().enumerate() {
            text.middle x=(n(LEFT + (i as f64 + 0.5) * wide)) y=(n(top + 32.0)) { (column) }
        }
        @for (i, row) in block.rows.iter().enumerate() {
            text.end x=(LEFT - 8.0) y=(n(first + i as f64 * FIELD + 16.0)) { (down) " " (row) @if *down == "ratio" { "x" } }
        }
        @for (row, column, value) in &block.fields {
            @let (x, y) = (LEFT + place(&block.columns, *column) * wide, first + place(&block.rows, *row) * FIELD);
            @let nearness = if axes.is_time { least / value } else { value / most };
            g data-tip={ (block.name) "\n" (down) " " (row) ", " (across) " " (column) "\n" (numbers::short(*value)) }
                data-x=(n(x + wide / 2.0)) data-y=(n(y)) {
                rect.heat x=(n(x)) y=(n(y)) width=(n(wide)) height=(FIELD) rx="3"
                    style={ "fill: rgba(var(--heat), " (format!("{:.2}", 0.05 + 0.45 * nearness)) ")" } {}
                text.middle.on x=(n(x + wide / 2.0)) y=(n(y + 16.0)) { (numbers::short(*value)) }
            }
        }
    }
}

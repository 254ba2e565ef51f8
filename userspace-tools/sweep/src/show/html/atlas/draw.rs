// SPDX-License-Identifier: GPL-2.0

//! The drawings of an atlas: a field for each point, coloured by the best value, or by what a value loses.

use maud::{html, Markup};

use crate::{
    console::numbers,
    plan::setting::{words, Point},
    show::html::figure::{n, Drawing, WIDTH},
};

const LEFT: f64 = 134.0;
/// Width of a letter of small type.
const LETTER: f64 = 6.9;
/// From this loss on the colour is full.
const FULL: f64 = 100.0;

/// A row of the map of the best: a point without its last axis, and the best at each value of that.
pub(super) struct Row {
    pub(super) at: Point,
    pub(super) fields: Vec<Option<Best>>,
}

/// The best, and those that the boots do not tell from it.
#[derive(Clone)]
pub(super) struct Best {
    pub(super) name: String,
    pub(super) ties: Vec<String>,
}

/// A row of losses: the name of a value, its factor at each point, and the largest.
pub(super) struct Loss {
    pub(super) name: String,
    pub(super) factors: Vec<Option<f64>>,
    pub(super) worst: f64,
}

/// A name that fits into so many units of small type, cut in the middle: locks differ at either end.
fn fitting(name: &str, wide: f64) -> String {
    let all: Vec<char> = name.chars().collect();
    let most = ((wide - 6.0) / LETTER) as usize;
    if all.len() <= most {
        return name.into();
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (&all[..kept / 2], &all[all.len() - (kept - kept / 2)..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// The best at each point, a colour each.
pub(super) fn best(rows: &[Row], columns: &[String]) -> Drawing {
    const FIELD: f64 = 26.0;
    const TOP: f64 = 22.0;
    let names = rows.iter().flat_map(|row| row.fields.iter().flatten());
    let mut order: Vec<&String> = Vec::new();
    for Best { name, .. } in names {
        if !order.contains(&name) {
            order.push(name);
        }
    }
    let colour = |name: &String| order.iter().position(|known| *known == name).unwrap_or(0) % 8;
    let wide = (WIDTH - LEFT - 4.0) / columns.len() as f64;
    let content = html! {
        @for (i, column) in columns.iter().enumerate() {
            text.middle x=(n(LEFT + (i as f64 + 0.5) * wide)) y="15" { (column) }
        }
        @for (r, Row { at, fields }) in rows.iter().enumerate() {
            @let y = TOP + r as f64 * FIELD;
            text.end x=(LEFT - 8.0) y=(n(y + 17.0)) { (fitting(&short(at), LEFT)) }
            @for (i, field) in fields.iter().enumerate() {
                @let x = LEFT + i as f64 * wide;
                @match field {
                    None => rect.none x=(n(x + 1.0)) y=(n(y + 1.0)) width=(n(wide - 2.0)) height=(FIELD - 2.0) {},
                    Some(Best { name, ties }) => {
                        g class={ "point s" (colour(name)) } data-x=(n(x + wide / 2.0)) data-y=(n(y))
                            data-tip={ (words(at)) ", " (columns[i]) "\n" (name) @if !ties.is_empty() { "\nnot distinguished from it: " (ties.join(", ")) } } {
                            rect.heat x=(n(x)) y=(n(y)) width=(n(wide)) height=(FIELD) rx="3" style="fill: currentColor; fill-opacity: .22" {}
                            text.middle.on.small x=(n(x + wide / 2.0)) y=(n(y + 17.0)) {
                                @let end = if ties.is_empty() { String::new() } else { format!(" +{}", ties.len()) };
                                (fitting(name, wide - LETTER * end.len() as f64)) (end)
                            }
                        }
                    }
                }
            }
        }
    };
    Drawing::new(TOP + rows.len() as f64 * FIELD + 4.0, content)
}

/// A point in as few words as tell it: `4x, 8 threads`.
fn short(at: &Point) -> String {
    let each = at.iter().map(|(key, value)| match key.as_str() {
        "ratio" => format!("{value}x"),
        "threads" => format!("{value} threads"),
        "vcpus" => format!("{value} vCPUs"),
        _ => format!("{key} {value}"),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn opacity(factor: f64) -> f64 {
    0.04 + 0.9 * (factor.max(1.0).ln() / FULL.ln()).min(1.0)
}

/// The losses of each value at each point, from light to dark.
pub(super) fn losses(rows: &[Loss], points: &[Point]) -> Drawing {
    const FIELD: f64 = 18.0;
    const TOP: f64 = 44.0;
    const RIGHT: f64 = 44.0;
    let longest = rows.iter().map(|row| row.name.chars().count()).max();
    let left = (longest.unwrap_or(0) as f64 * LETTER + 6.0).clamp(LEFT, WIDTH / 2.0);
    let wide = (WIDTH - left - RIGHT) / points.len() as f64;
    let first = |at: &Point| {
        at.iter()
            .next()
            .map(|(key, value)| (key.clone(), value.clone()))
    };
    let place = |i: usize| left + i as f64 * wide;
    // The points of a group follow each other.
    let mut groups: Vec<(usize, usize, String)> = Vec::new();
    for (i, at) in points.iter().enumerate() {
        let name = first(at).map_or_else(String::new, |(key, value)| short(&[(key, value)].into()));
        match groups.last_mut() {
            Some((_, until, last)) if *last == name => *until = i + 1,
            _ => groups.push((i, i + 1, name)),
        }
    }
    let bottom = TOP + rows.len() as f64 * FIELD;
    let content = html! {
        (legend(left))
        @for (from, until, name) in &groups {
            text.middle x=(n((place(*from) + place(*until)) / 2.0)) y=(TOP - 6.0) { (name) }
        }
        @for (r, row) in rows.iter().enumerate() {
            @let y = TOP + r as f64 * FIELD;
            text.end.on.small x=(n(left - 6.0)) y=(n(y + 13.0)) { (row.name) }
            @for (i, factor) in row.factors.iter().enumerate() {
                @match factor {
                    None => rect.none x=(n(place(i))) y=(n(y)) width=(n(wide)) height=(FIELD) {},
                    Some(factor) => {
                        g.point data-tip={ (row.name) "\n" (short(&points[i])) "\n" (numbers::short(*factor)) "x" }
                            data-x=(n(place(i) + wide / 2.0)) data-y=(n(y)) {
                            rect.loss x=(n(place(i))) y=(n(y)) width=(n(wide)) height=(FIELD)
                                style={ "fill: rgba(var(--lost), " (format!("{:.2}", opacity(*factor))) ")" } {}
                            @if wide >= 26.0 { text.middle.on.small x=(n(place(i) + wide / 2.0)) y=(n(y + 13.0)) { (numbers::short(*factor)) } }
                        }
                    }
                }
            }
            text.on.small x=(WIDTH - RIGHT + 5.0) y=(n(y + 13.0)) { (numbers::short(row.worst)) }
        }
        @for (from, ..) in groups.iter().skip(1) {
            line.rule x1=(n(place(*from))) x2=(n(place(*from))) y1=(TOP - 4.0) y2=(n(bottom)) {}
        }
    };
    Drawing::new(bottom + 4.0, content)
}

/// The colours of 1 to 100 and more.
fn legend(left: f64) -> Markup {
    const STEPS: [(f64, &str); 5] = [
        (1.0, "1"),
        (2.0, "2"),
        (5.0, "5"),
        (20.0, "20"),
        (FULL, "100+"),
    ];
    html! {
        @for (i, (factor, name)) in STEPS.iter().enumerate() {
            @let x = left + i as f64 * 48.0;
            rect x=(n(x)) y="3" width="22" height="14" style={ "fill: rgba(var(--lost), " (format!("{:.2}", opacity(*factor))) "); stroke: var(--rule)" } {}
            text.small x=(n(x + 26.0)) y="14" { (name) }
        }
    }
}

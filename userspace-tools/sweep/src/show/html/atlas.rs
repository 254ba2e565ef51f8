// SPDX-License-Identifier: GPL-2.0

//! Maps of an atlas: the best value at each point, and what each value loses there.

use maud::{html, Markup};

use super::{
    figure::{n, Data, Drawing, Figure, WIDTH},
    view::View,
};
use crate::{
    console::numbers,
    judge::{
        atlas::{self, Place},
        cell::Cell,
    },
    plan::setting::{words, Point, Setting},
};

/// The axes of guests that are rows of a map. Guests that differ in others have a map each: their figures do not
/// compare.
const ROWS: [&str; 2] = ["ratio", "vcpus"];
const LEFT: f64 = 134.0;
/// From this loss on the colour is full.
const FULL: f64 = 100.0;

/// What a map shows of each value: a factor of 1 or more, by which the best, or the ideal, is better.
struct Quantity {
    metric: &'static str,
    title: &'static str,
    words: &'static str,
    factor: fn(value: f64, all: &[Option<f64>], more: bool) -> f64,
}

const QUANTITIES: [Quantity; 3] = [
    Quantity {
        metric: "value",
        title: "Regret",
        words: "How many times as good the best is as this one, at each point (median over boots).",
        factor: |value, all, more| {
            let all = all.iter().flatten().copied();
            match more {
                true => all.fold(value, f64::max) / value,
                false => value / all.fold(value, f64::min),
            }
        },
    },
    Quantity {
        metric: "wait_p999",
        title: "p99.9 wait, over the shortest",
        words: "How many times as long the 99.9th percentile of its wait is as the shortest of all at that point.",
        factor: |value, all, _| value / all.iter().flatten().copied().fold(value, f64::min),
    },
    Quantity {
        metric: "jain",
        title: "Unfairness",
        words: "1 over Jain's index of the threads' sections: 1 is an equal share each; the number of threads, all to one.",
        factor: |value, _, _| 1.0 / value,
    },
];

/// The maps of a scenario that asks for regret.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    let Some(axis) = &view.scenario.regret else {
        return Vec::new();
    };
    let values = &view.scenario.axes[axis];
    let maps = apart(view).into_iter().flat_map(|(at, cells)| {
        let map = Map {
            view,
            at: &at,
            axis,
            values,
            places: atlas::places(axis, values, cells.into_iter()),
        };
        let best = map.best();
        let losses = QUANTITIES
            .iter()
            .filter_map(|quantity| map.losses(quantity));
        best.into_iter().chain(losses).collect::<Vec<_>>()
    });
    maps.collect()
}

/// The cells, by their values on those axes of guests that are no rows.
fn apart<'a>(view: &View<'a>) -> Vec<(Point, Vec<&'a Cell>)> {
    let axes = view.guest_axes.iter().filter(|axis| !ROWS.contains(axis));
    let axes: Vec<&str> = axes.copied().collect();
    let mut all: Vec<(Point, Vec<&Cell>)> = Vec::new();
    for cell in view.cells {
        let at = axes.iter();
        let at = at.filter_map(|key| Some((key.to_string(), cell.at.get(*key)?.clone())));
        let at: Point = at.collect();
        match all.iter_mut().find(|(known, _)| *known == at) {
            Some((_, cells)) => cells.push(cell),
            None => all.push((at, vec![cell])),
        }
    }
    all
}

/// A row of the map of the best: a point without its last axis, and the best at each value of that.
struct Row {
    at: Point,
    fields: Vec<Option<Best>>,
}

/// The best, and those that the boots do not tell from it.
#[derive(Clone)]
struct Best {
    name: String,
    ties: Vec<String>,
}

struct Map<'a> {
    view: &'a View<'a>,
    at: &'a Point,
    axis: &'a str,
    values: &'a [Setting],
    places: Vec<Place<'a>>,
}

/// A row of losses: the name of a value, its factor at each point, and the largest.
struct Loss {
    name: String,
    factors: Vec<Option<f64>>,
    worst: f64,
}

impl Map<'_> {
    /// `, tier nested`, of the guests of this map.
    fn suffix(&self) -> String {
        let at = self.at.iter();
        let each = at.map(|(key, value)| format!(", {key} {value}"));
        each.collect::<Vec<_>>().concat()
    }

    /// The values of a point on the axes that this map shows.
    fn place(&self, place: &Place<'_>) -> Point {
        let mut at = place.at.clone();
        at.retain(|key, _| !self.at.contains_key(key));
        at
    }

    /// The axis that runs to the right in the map of the best: the one with the most values, not of guests.
    fn across(&self) -> Option<&str> {
        let axes = &self.view.scenario.axes;
        let others = axes
            .iter()
            .filter(|(key, values)| *key != self.axis && values.len() > 1);
        let most = others.rev().max_by_key(|(_, values)| values.len());
        most.map(|(key, _)| key.as_str())
    }

    fn best(&self) -> Option<Figure> {
        let across = self.across()?;
        let columns = &self.view.scenario.axes[across];
        let mut rows: Vec<Row> = Vec::new();
        let head = ["point", "best", "not distinguished from it"];
        let mut data = Data::new(format!("best {} at each point", self.axis), &head);
        for place in &self.places {
            let Some((best, ties)) = place.best() else {
                continue;
            };
            let mut at = self.place(place);
            let name = |value: usize| self.values[value].to_string();
            let best = Best {
                name: name(best),
                ties: ties.into_iter().map(name).collect(),
            };
            let ties = best.ties.join(", ");
            data.rows.push(vec![words(&at), best.name.clone(), ties]);
            let column = at.shift_remove(across);
            let column = columns
                .iter()
                .position(|value| column.as_ref() == Some(value));
            let known = rows.iter().position(|row| row.at == at);
            let row = known.unwrap_or_else(|| {
                let fields = vec![None; columns.len()];
                rows.push(Row { at, fields });
                rows.len() - 1
            });
            if let Some(column) = column {
                rows[row].fields[column] = Some(best);
            }
        }
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let figure = self.view.figure(
            format!("Best {}{}", self.axis, self.suffix()),
            format!(
                "To the right: {}. A number behind a name counts those that the boots do not tell from the best; \
                 equal names have equal colours.",
                across.replace('_', " ")
            ),
            self.at,
            vec![data],
            draw_best(&rows, &columns),
        );
        Some(figure)
    }

    fn losses(&self, quantity: &Quantity) -> Option<Figure> {
        let medians = self
            .places
            .iter()
            .map(|place| place.medians(quantity.metric));
        let medians: Vec<Vec<Option<f64>>> = medians.collect();
        let more = !self.view.is_time();
        let rows = self.values.iter().enumerate().map(|(i, value)| {
            let factors = medians.iter().map(|all| {
                let value = all[i].filter(|value| *value > 0.0)?;
                Some((quantity.factor)(value, all, more))
            });
            let factors: Vec<Option<f64>> = factors.collect();
            let worst = factors.iter().flatten().copied().fold(1.0, f64::max);
            Loss {
                name: value.to_string(),
                factors,
                worst,
            }
        });
        let measured = |row: &Loss| row.factors.iter().any(Option::is_some);
        let mut rows: Vec<Loss> = rows.filter(measured).collect();
        if rows.is_empty() || self.places.len() < 2 {
            return None;
        }
        rows.sort_by(|a, b| a.worst.total_cmp(&b.worst));
        let points: Vec<Point> = self.places.iter().map(|p| self.place(p)).collect();
        let order = points[0].keys().skip(1).cloned().collect::<Vec<_>>();
        let order = match order.is_empty() {
            true => String::new(),
            false => format!(" Within each, by {}.", order.join(", then ")),
        };
        let mut figure = self.view.figure(
            format!("{}{}", quantity.title, self.suffix()),
            format!(
                "{} The least of the worst is on top; at the right, the worst.{order}",
                quantity.words
            ),
            self.at,
            vec![self.table(quantity, &rows, &points)],
            draw_losses(&rows, &points),
        );
        figure.wide = true;
        Some(figure)
    }

    fn table(&self, quantity: &Quantity, rows: &[Loss], points: &[Point]) -> Data {
        let names = rows.iter().map(|row| row.name.as_str());
        let head: Vec<&str> = ["point"].into_iter().chain(names).collect();
        let mut data = Data::new(quantity.title, &head);
        data.rows = points
            .iter()
            .enumerate()
            .map(|(i, at)| {
                let factors = rows.iter().map(|row| text(row.factors[i]));
                [words(at)].into_iter().chain(factors).collect()
            })
            .collect();
        data
    }
}

fn text(factor: Option<f64>) -> String {
    factor.map_or_else(|| "–".into(), numbers::short)
}

/// A name that fits into so many units of small type.
fn fitting(name: &str, wide: f64) -> String {
    let most = ((wide - 6.0) / 6.9) as usize;
    match name.chars().count() > most {
        false => name.into(),
        true => name
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

fn draw_best(rows: &[Row], columns: &[String]) -> Drawing {
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
                                (fitting(name, wide - 6.9 * end.len() as f64)) (end)
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

fn draw_losses(rows: &[Loss], points: &[Point]) -> Drawing {
    const FIELD: f64 = 18.0;
    const TOP: f64 = 44.0;
    const RIGHT: f64 = 44.0;
    let wide = (WIDTH - LEFT - RIGHT) / points.len() as f64;
    let first = |at: &Point| {
        at.iter()
            .next()
            .map(|(key, value)| (key.clone(), value.clone()))
    };
    let place = |i: usize| LEFT + i as f64 * wide;
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
        (legend())
        @for (from, until, name) in &groups {
            text.middle x=(n((place(*from) + place(*until)) / 2.0)) y=(TOP - 6.0) { (name) }
        }
        @for (r, row) in rows.iter().enumerate() {
            @let y = TOP + r as f64 * FIELD;
            text.end.on.small x=(LEFT - 6.0) y=(n(y + 13.0)) { (row.name) }
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
fn legend() -> Markup {
    const STEPS: [(f64, &str); 5] = [
        (1.0, "1"),
        (2.0, "2"),
        (5.0, "5"),
        (20.0, "20"),
        (FULL, "100+"),
    ];
    html! {
        @for (i, (factor, name)) in STEPS.iter().enumerate() {
            @let x = LEFT + i as f64 * 58.0;
            rect x=(n(x)) y="3" width="22" height="14" style={ "fill: rgba(var(--lost), " (format!("{:.2}", opacity(*factor))) "); stroke: var(--rule)" } {}
            text.small x=(n(x + 26.0)) y="14" { (name) }
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Maps of an atlas: the best value at each point, and what each value loses there.

mod draw;

use self::draw::{Best, Loss, Row};
use super::{
    figure::{Data, Figure},
    view::View,
};
use crate::{
    console::numbers,
    judge::{
        atlas::{self, Place},
        cell::Cell,
    },
    plan::{
        experiment::Scenario,
        setting::{words, Point, Setting},
    },
};

/// The axes of guests that are rows of a map. Guests that differ in others have a map each: their figures do not
/// compare.
const ROWS: [&str; 2] = ["ratio", "vcpus"];

/// What a map shows of each value: a factor of 1 or more, by which the best, or the ideal, is better.
struct Quantity {
    metric: &'static str,
    title: &'static str,
    words: &'static str,
    /// The least value that is distinguished from 0.
    least: f64,
    factor: fn(value: f64, all: &[Option<f64>], more: bool) -> f64,
}

const QUANTITIES: [Quantity; 3] = [
    Quantity {
        metric: "value",
        title: "Regret",
        words: "How many times as good the best is as this one, at each point (median over boots).",
        least: 0.0,
        factor: |value, all, more| {
            let all = all.iter().flatten().copied();
            match more {
                true => all.fold(value, f64::max) / value,
                false => value / all.fold(value, f64::min),
            }
        },
    },
    Quantity {
        metric: WAIT,
        title: "p99.9 wait, over the shortest",
        words: "How many times as long the 99.9th percentile of its wait is as the shortest of all at that point; \
                one of less than 1 µs counts as that.",
        least: 1000.0,
        factor: |value, all, _| value / all.iter().flatten().copied().fold(value, f64::min),
    },
    Quantity {
        metric: "jain",
        title: "Unfairness",
        words: "1 over Jain's index of the threads' sections: 1 is an equal share each; the number of threads, all to one.",
        least: 0.0,
        factor: |value, _, _| 1.0 / value,
    },
];

impl Quantity {
    /// The values, none less than what is distinguished from 0.
    fn raised(&self, all: Vec<Option<f64>>) -> Vec<Option<f64>> {
        let all = all.into_iter();
        all.map(|value| value.map(|v| v.max(self.least))).collect()
    }
}

/// The metric that the maps of `waits` show.
const WAIT: &str = "wait_p999";

/// The maps of a scenario that asks for regret, or for waits.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    let Scenario { regret, waits, .. } = view.scenario;
    let Some(axis) = regret.as_ref().or(waits.as_ref()) else {
        return Vec::new();
    };
    let is_shown = |quantity: &&Quantity| regret.is_some() || quantity.metric == WAIT;
    let values = &view.scenario.axes[axis];
    let maps = apart(view).into_iter().flat_map(|(at, cells)| {
        let map = Map {
            view,
            at: &at,
            axis,
            values,
            places: atlas::places(axis, values, cells.into_iter()),
        };
        let best = regret.as_ref().and_then(|_| map.best());
        let losses = QUANTITIES
            .iter()
            .filter(is_shown)
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

struct Map<'a> {
    view: &'a View<'a>,
    at: &'a Point,
    axis: &'a str,
    values: &'a [Setting],
    places: Vec<Place<'a>>,
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
            draw::best(&rows, &columns),
        );
        Some(figure)
    }

    fn losses(&self, quantity: &Quantity) -> Option<Figure> {
        let medians = self
            .places
            .iter()
            .map(|place| place.medians(quantity.metric));
        let medians: Vec<Vec<Option<f64>>> = medians.map(|all| quantity.raised(all)).collect();
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
            draw::losses(&rows, &points),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Of an unfair lock, most sections have no wait at all.
    #[test]
    fn shortest_wait_of_0_is_no_divisor() {
        let mut all = QUANTITIES.iter();
        let wait = all.find(|quantity| quantity.metric == WAIT).unwrap();
        let all = wait.raised(vec![Some(0.0), Some(5e6), None]);
        let factor = |value: f64| (wait.factor)(value, &all, false);
        assert_eq!(
            [factor(all[0].unwrap()), factor(all[1].unwrap())],
            [1.0, 5000.0]
        );
    }
}

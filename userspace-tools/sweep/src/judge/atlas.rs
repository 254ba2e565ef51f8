// SPDX-License-Identifier: GPL-2.0

//! Atlas: what each value of an axis has at every point of the other axes.

use statistics::{confidence, median};

use super::cell::Cell;
use crate::plan::setting::{without, Point, Setting};

/// A parameter point.
pub struct Place<'a> {
    /// Its values on the other axes.
    pub at: Point,
    /// The cell of each value; none if nothing ran there.
    pub cells: Vec<Option<&'a Cell>>,
}

/// The points of all axes but `axis`, whose values are `values`, in the order of the cells.
pub fn places<'a>(
    axis: &str,
    values: &[Setting],
    cells: impl Iterator<Item = &'a Cell>,
) -> Vec<Place<'a>> {
    let mut places: Vec<Place<'a>> = Vec::new();
    for cell in cells {
        let at = without(&cell.at, axis);
        let known = places.iter().position(|place| place.at == at);
        let place = known.unwrap_or_else(|| {
            let cells = vec![None; values.len()];
            places.push(Place { at, cells });
            places.len() - 1
        });
        let value = values
            .iter()
            .position(|value| cell.at.get(axis) == Some(value));
        if let Some(value) = value {
            places[place].cells[value] = Some(cell);
        }
    }
    places
}

impl Place<'_> {
    /// The median over boots of a metric, of each value.
    pub fn medians(&self, metric: &str) -> Vec<Option<f64>> {
        let cells = self.cells.iter();
        cells
            .map(|cell| {
                let boots = cell.as_ref()?.by_boot(metric).ok()?;
                median(boots.into_iter().filter_map(median))
            })
            .collect()
    }

    /// The value with the most, or, of a time, the least; and those that the boots do not tell from it.
    pub fn best(&self) -> Option<(usize, Vec<usize>)> {
        let medians = self.medians("value");
        let more = self
            .cells
            .iter()
            .flatten()
            .all(|cell| cell.more_is_better());
        let score = |value: f64| if more { value } else { -value };
        let known = medians.iter().enumerate();
        let known = known.filter_map(|(i, value)| Some((i, score((*value)?))));
        let (best, _) = known.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let rivals = (0..self.cells.len()).filter(|i| *i != best);
        let ties = rivals.filter(|i| self.ties(best, *i)).collect();
        Some((best, ties))
    }

    /// Whether the interval of the ratio of two values has 1 in it.
    fn ties(&self, best: usize, other: usize) -> bool {
        let (Some(best), Some(other)) = (self.cells[best], self.cells[other]) else {
            return false;
        };
        let ratio = best.ratio("value", other, "value");
        ratio.is_ok_and(|ratio| {
            let bounds = ratio.bounds(1.0 - confidence::SHOWN);
            bounds.low <= 1.0 && 1.0 <= bounds.high
        })
    }
}

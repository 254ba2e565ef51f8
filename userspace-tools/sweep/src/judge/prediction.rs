// SPDX-License-Identifier: GPL-2.0

//! Prediction: rates of the simulated machine beside those of guests, cell by cell.
//!
//! Some of the cells are held out by the plan, so before anything is measured: costs may be fitted on the
//! others, and these alone are judged. By round of boots: how far the median of the held-out cells is off, as a
//! factor, and how right the order of the locks is there. A predicted rate is the median over seeds.

use serde::Serialize;
use statistics::{kendall, median, Estimate, Scale};
use vm_record::Tier;

use super::{
    cell::Cell,
    label::{self, Label},
};
use crate::plan::{
    experiment::{Predict, Scenario},
    setting::{matches, without, words, Point},
};

/// A cell of both.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub at: Point,
    pub held_out: bool,
    pub simulated: f64,
    /// By round of boots.
    #[serde(rename = "measured")]
    pub rounds: Vec<f64>,
}

impl Row {
    /// The median over rounds of what was measured.
    pub fn middle(&self) -> f64 {
        median(self.rounds.iter().copied()).unwrap_or(f64::NAN)
    }
}

/// All cells, and how far the held-out ones are off.
#[derive(Clone, Debug)]
pub struct Prediction {
    pub rows: Vec<Row>,
    /// The median of simulated over measured or its inverse, whichever is above 1, of the held-out cells.
    pub factor: Estimate,
    /// The mean of Kendall's tau over the points of the held-out cells.
    pub tau: Estimate,
    /// The same as `factor` of the cells that may have been fitted.
    pub fitted: Estimate,
    /// Tau at each point, of the medians over boots.
    pub taus: Vec<(Point, f64)>,
    pub label: Option<Label>,
}

/// The prediction of `scenario`, if it has one; the reason if it was not measured: also if guests did not have
/// the slice that the simulated ones have.
pub fn predict(scenario: &Scenario, cells: &[Cell]) -> Option<Result<Prediction, String>> {
    let how = scenario.predict.as_ref()?;
    let (simulated, measured): (Vec<&Cell>, Vec<&Cell>) = cells.iter().partition(|cell| {
        let place = cell.place.as_ref();
        place.is_some_and(|place| place.tier == Tier::Sim)
    });
    let rows = rows(how, &simulated, &measured);
    let labels = simulated.iter().chain(&measured);
    let labels = labels.map(|cell| label::of_cell(cell, "value"));
    let label = labels
        .reduce(|one, other| Some(one?.over(other?)))
        .flatten();
    Some(rows.and_then(|rows| judged(how, rows, label)))
}

/// One row for each measured cell, which must have a simulated one.
fn rows(how: &Predict, simulated: &[&Cell], measured: &[&Cell]) -> Result<Vec<Row>, String> {
    let place = |cell: &Cell| without(&cell.at, "tier");
    let row = |cell: &&Cell| {
        let at = place(cell);
        let mut predicted = simulated.iter().filter(|cell| place(cell) == at);
        let none = || format!("no simulated run at {}", words(&at));
        let predicted = predicted.next().ok_or_else(none)?;
        let rounds = by_round(cell)?;
        Ok(Row {
            held_out: how.held_out.iter().any(|of| matches(of, &at)),
            simulated: median(by_round(predicted)?).ok_or("no seed")?,
            rounds,
            at,
        })
    };
    measured.iter().map(row).collect()
}

/// The median of each boot.
fn by_round(cell: &Cell) -> Result<Vec<f64>, String> {
    let boots = cell.by_boot("value")?.into_iter();
    let medians = boots.map(|boot| median(boot).filter(|value| *value > 0.0));
    let medians: Option<Vec<f64>> = medians.collect();
    medians.ok_or_else(|| "a rate is zero".into())
}

fn judged(how: &Predict, rows: Vec<Row>, label: Option<Label>) -> Result<Prediction, String> {
    let rounds = rows.iter().map(|row| row.rounds.len()).min().unwrap_or(0);
    let (held, fitted): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.held_out);
    let of_rounds = |scale, of: &dyn Fn(usize) -> Option<f64>| {
        let each: Option<Vec<Vec<f64>>> = (0..rounds).map(|n| Some(vec![of(n)?])).collect();
        each.and_then(|each| Estimate::of(scale, &each))
    };
    let none = |of: &str| format!("no {of} cell was measured");
    let factor = |rows: &[&Row]| of_rounds(Scale::Ratio, &|round| factor(rows, round));
    let points = points(how, &held);
    let tau = of_rounds(Scale::Linear, &|round| {
        let each: Option<Vec<f64>> = points
            .iter()
            .map(|(_, rows)| rank_order(rows, |row| row.rounds[round]))
            .collect();
        let each = each.filter(|each| !each.is_empty())?;
        Some(each.iter().sum::<f64>() / each.len() as f64)
    });
    let taus = points
        .iter()
        .filter_map(|(at, rows)| Some((at.clone(), rank_order(rows, Row::middle)?)))
        .collect();
    Ok(Prediction {
        factor: factor(&held).ok_or_else(|| none("held-out"))?,
        fitted: factor(&fitted).ok_or_else(|| none("other"))?,
        tau: tau.ok_or_else(|| format!("a point has fewer than two values of {}", how.ranks))?,
        taus,
        label,
        rows,
    })
}

/// The held-out rows of each point.
fn points<'a>(how: &Predict, held: &[&'a Row]) -> Vec<(Point, Vec<&'a Row>)> {
    let mut points: Vec<(Point, Vec<&Row>)> = Vec::new();
    for row in held {
        let at = without(&row.at, &how.ranks);
        match points.iter_mut().find(|(other, _)| *other == at) {
            Some((_, rows)) => rows.push(row),
            None => points.push((at, vec![row])),
        }
    }
    points
}

/// The median distance of the rows as a factor.
fn factor(rows: &[&Row], round: usize) -> Option<f64> {
    let each = rows.iter();
    let each = each.map(|row| (row.simulated / row.rounds[round]).ln().abs());
    Some(median(each)?.exp())
}

fn rank_order(rows: &[&Row], measured: impl Fn(&Row) -> f64) -> Option<f64> {
    let values = rows.iter().map(|row| (row.simulated, measured(row)));
    kendall(&values.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of three locks at two ratios, of which that of 2 is held out: simulated, and by round.
    fn rows(held: [(f64, [f64; 3]); 3]) -> Vec<Row> {
        let row = |ratio: u64, lock: &str, (simulated, rounds): (f64, [f64; 3])| Row {
            at: Point::from([("ratio".into(), ratio.into()), ("lock".into(), lock.into())]),
            held_out: ratio == 2,
            simulated,
            rounds: rounds.into(),
        };
        let locks = ["a", "b", "c"];
        let other = locks.map(|lock| row(1, lock, (30.0, [10.0; 3])));
        let held = locks.iter().zip(held).map(|(lock, of)| row(2, lock, of));
        other.into_iter().chain(held).collect()
    }

    fn how() -> Predict {
        Predict {
            ranks: "lock".into(),
            held_out: vec![[("ratio".into(), crate::plan::setting::Many::One(2.into()))].into()],
        }
    }

    #[test]
    fn prediction_that_is_right_has_factor_one_and_tau_one() {
        let exact = [10.0, 20.0, 30.0].map(|rate| (rate, [rate; 3]));
        let found = judged(&how(), rows(exact), None).unwrap();
        assert_eq!((found.factor.value(), found.tau.value()), (1.0, 1.0));
        assert!((found.fitted.value() - 3.0).abs() < 1e-9, "of its own half");
        assert_eq!(found.taus.len(), 1);
    }

    #[test]
    fn held_out_cells_alone_are_judged_too_high_or_too_low() {
        let off = [
            (20.0, [10.0, 10.0, 10.0]),
            (10.0, [20.0, 20.0, 20.0]),
            (90.0, [30.0, 30.0, 30.0]),
        ];
        let found = judged(&how(), rows(off), None).unwrap();
        assert!((found.factor.value() - 2.0).abs() < 1e-9);
        // Of three pairs, one is the other way round.
        assert!((found.tau.value() - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn boots_that_differ_give_an_interval() {
        let off = [
            (10.0, [10.0, 12.0, 15.0]),
            (20.0, [20.0, 24.0, 30.0]),
            (30.0, [30.0, 36.0, 45.0]),
        ];
        let found = judged(&how(), rows(off), None).unwrap();
        let bounds = found.factor.bounds(0.05);
        assert!(bounds.low < 1.2 && bounds.high > 1.2, "{bounds:?}");
        assert!((bounds.value - 1.8_f64.cbrt()).abs() < 1e-9);
    }

    #[test]
    fn prediction_without_rows_on_both_sides_is_not_measured() {
        let exact = [10.0, 20.0, 30.0].map(|rate| (rate, [rate; 3]));
        let only = |held: bool| {
            let mut rows = rows(exact);
            rows.retain(|row| row.held_out == held);
            judged(&how(), rows, None).unwrap_err()
        };
        assert_eq!(only(true), "no other cell was measured");
        assert_eq!(only(false), "no held-out cell was measured");
        assert!(judged(&how(), Vec::new(), None).is_err());
    }
}

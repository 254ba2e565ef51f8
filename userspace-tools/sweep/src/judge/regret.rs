// SPDX-License-Identifier: GPL-2.0

//! Regret: how many times as good the best value of an axis is as a given one, where that is worst off.
//!
//! The best of many noisy values is too good. So in each round of boots the best value at a parameter point is chosen by
//! all other rounds, and only measured in this one: the estimate over the rounds is of a choice that its own noise had no
//! part in. The regret is the largest over all points ([`Estimate::largest`]): at least what it surely is at one of them,
//! and at most what it may be at any.

use statistics::{median, Estimate, Scale};

use super::{
    atlas,
    cell::Cell,
    label::{self, Label},
};
use crate::plan::{
    experiment::Scenario,
    setting::{Point, Setting},
};

/// The regret of one value.
#[derive(Clone, Debug)]
pub struct Regret {
    pub of: Setting,
    pub estimate: Estimate,
    pub label: Option<Label>,
    /// Where it is largest, and the value that is best there.
    pub at: Point,
    pub best: Setting,
}

/// A parameter point: what each value of the axis had in each round.
struct Place<'a> {
    at: Point,
    cells: Vec<&'a Cell>,
    /// By value, then by round; logarithms, more is better.
    scores: Vec<Vec<f64>>,
}

/// The regret of each value of the scenario's axis; nothing if it has none, the reason if it was not measured.
pub fn regrets(scenario: &Scenario, cells: &[Cell]) -> Result<Vec<Regret>, String> {
    let Some(axis) = &scenario.regret else {
        return Ok(Vec::new());
    };
    let values = &scenario.axes[axis];
    let places = places(axis, values, cells)?;
    let rounds = places.iter().flat_map(|place| &place.scores).map(Vec::len);
    let rounds = rounds.min().filter(|rounds| *rounds > 1);
    let rounds = rounds.ok_or("a choice needs other boots than it is measured in")?;
    (0..values.len())
        .map(|value| regret(value, values, &places, rounds))
        .collect()
}

fn places<'a>(axis: &str, values: &[Setting], cells: &'a [Cell]) -> Result<Vec<Place<'a>>, String> {
    let place = |place: atlas::Place<'a>| {
        let cells = place.cells.into_iter().zip(values);
        let cells = cells.map(|(cell, value)| {
            cell.ok_or_else(|| format!("no run of {axis}={value} at one of the points"))
        });
        let cells: Vec<&Cell> = cells.collect::<Result<_, _>>()?;
        let scores = cells.iter().map(|cell| scores(cell));
        let scores = scores.collect::<Result<_, _>>()?;
        let at = place.at;
        Ok(Place { at, cells, scores })
    };
    let places = atlas::places(axis, values, cells.iter());
    places.into_iter().map(place).collect()
}

fn scores(cell: &Cell) -> Result<Vec<f64>, String> {
    let sign = if cell.more_is_better() { 1.0 } else { -1.0 };
    let boots = cell.by_boot("value")?.into_iter();
    let scores = boots.map(|boot| {
        let value = median(boot).filter(|value| *value > 0.0);
        value.map(|value| sign * value.ln())
    });
    let scores: Option<Vec<f64>> = scores.collect();
    scores.ok_or_else(|| "a rate is zero".into())
}

fn regret(
    value: usize,
    values: &[Setting],
    places: &[Place<'_>],
    rounds: usize,
) -> Result<Regret, String> {
    let at_each = places.iter().map(|place| {
        let measured: Vec<Vec<f64>> = by_round(value, place, rounds)
            .map(|one| vec![one])
            .collect();
        Estimate::of(Scale::Ratio, &measured)
    });
    let at_each: Vec<Estimate> = at_each.collect::<Option<_>>().ok_or("a rate is zero")?;
    let (surest, estimate) = Estimate::largest(&at_each).ok_or("there is no point")?;
    let place = &places[surest];
    let best = best(place, |_| true, rounds).ok_or("there is no value")?;
    Ok(Regret {
        of: values[value].clone(),
        estimate,
        label: label::of_ratio(place.cells[best], "value", place.cells[value], "value"),
        at: place.at.clone(),
        best: values[best].clone(),
    })
}

/// How many times as good as `value` is in each round what all other rounds say is best.
fn by_round<'a>(
    value: usize,
    place: &'a Place<'a>,
    rounds: usize,
) -> impl Iterator<Item = f64> + 'a {
    (0..rounds).map(move |round| {
        let best = best(place, |other| other != round, rounds).unwrap_or(value);
        (place.scores[best][round] - place.scores[value][round]).exp()
    })
}

/// The value that is best at a point in the rounds that count.
fn best(place: &Place<'_>, counts: impl Fn(usize) -> bool, rounds: usize) -> Option<usize> {
    let sum = |scores: &[f64]| -> f64 {
        let counted = (0..rounds).filter(|round| counts(*round));
        counted.map(|round| scores[round]).sum()
    };
    let sums: Vec<f64> = place.scores.iter().map(|scores| sum(scores)).collect();
    (0..sums.len()).max_by(|a, b| sums[*a].total_cmp(&sums[*b]))
}

#[cfg(test)]
mod tests {
    use super::*;

    use fastrand::Rng;

    /// Six rounds of rates, each times noise of that size.
    fn place(rng: &mut Rng, rates: &[f64], noise: f64) -> Place<'static> {
        let mut normal = || (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        let mut round = |rate: f64| rate.ln() + noise * normal();
        let scores = rates
            .iter()
            .map(|rate| (0..6).map(|_| round(*rate)).collect());
        Place {
            at: Point::new(),
            cells: Vec::new(),
            scores: scores.collect(),
        }
    }

    fn of(value: usize, place: &Place<'_>) -> Estimate {
        let measured: Vec<Vec<f64>> = by_round(value, place, 6).map(|one| vec![one]).collect();
        Estimate::of(Scale::Ratio, &measured).unwrap()
    }

    fn largest(value: usize, places: &[Place<'_>]) -> Estimate {
        let all: Vec<Estimate> = places.iter().map(|place| of(value, place)).collect();
        Estimate::largest(&all).unwrap().1
    }

    #[test]
    fn regret_is_of_the_place_where_the_value_is_worst_off() {
        let mut rng = Rng::with_seed(1);
        let places = [[4.0, 2.0, 1.0], [1.0, 3.0, 2.0]].map(|rates| place(&mut rng, &rates, 0.0));
        for (value, due) in [(0, 3.0), (1, 2.0), (2, 4.0)] {
            let regret = largest(value, &places).value();
            assert!((regret / due - 1.0).abs() < 1e-9);
        }
    }

    /// A value that is surely 2.5 times worse than the best somewhere has that regret, whatever noise is elsewhere.
    #[test]
    fn noise_at_one_place_does_not_hide_what_is_sure_at_another() {
        let mut rng = Rng::with_seed(2);
        let mut low = 0;
        for _ in 0..100 {
            let places = [
                place(&mut rng, &[2.5, 1.0], 0.05),
                place(&mut rng, &[3.0, 1.0], 2.0),
            ];
            low += usize::from(largest(1, &places).bounds(0.05).low > 2.0);
        }
        assert!(low > 95, "{low}");
    }

    /// The mean logarithm over 200 simulated experiments of equal values with 10 % noise; its own standard
    /// error is below 0.01. A choice by the round itself gives 0.15.
    #[test]
    fn equals_have_no_regret_however_many_values_there_are() {
        let mut rng = Rng::with_seed(7);
        let mut sum = 0.0;
        for _ in 0..200 {
            let place = place(&mut rng, &[1.0; 20], 0.1);
            sum += by_round(0, &place, 6).map(f64::ln).sum::<f64>() / 6.0;
        }
        assert!((sum / 200.0).abs() < 0.03, "{}", sum / 200.0);
    }

    /// Of 400 simulated experiments with 40 places, at most one in forty may say that equals have a regret.
    #[test]
    fn equals_have_no_regret_however_many_places_there_are() {
        let mut rng = Rng::with_seed(8);
        let mut wrong = 0;
        for _ in 0..400 {
            let places: Vec<Place<'_>> = (0..40)
                .map(|_| place(&mut rng, &[1.0, 1.0, 1.0], 0.1))
                .collect();
            wrong += usize::from(largest(0, &places).bounds(0.05).low > 1.0);
        }
        assert!(wrong <= 16, "{wrong} of 400, at most 10 are due");
    }
}

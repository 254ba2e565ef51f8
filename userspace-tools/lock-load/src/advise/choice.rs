// SPDX-License-Identifier: GPL-2.0

//! Choice of the best of several, from rounds in which each was measured once.
//!
//! The leader is the one with the greatest mean of logarithms. Each other is compared with it by
//! its ratio in each round. Since any of `k` could have become the leader, a comparison with it is one
//! of `k` families, each decided by Holm's procedure at the `k`th part of the error rate.

use statistics::{
    confidence::{FAMILY, MARGIN, SHOWN},
    holm, Bounds, Decision, Estimate, Evidence, Interval, Range, Scale,
};

/// Where one stands beside the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// It has the greatest mean.
    Leader,
    /// Within the margin of the leader.
    Tied,
    /// Less than the leader by more than the margin.
    Worse,
    /// The data leave it open.
    Open,
}

/// One of those that were measured.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub place: Place,
    /// Sections per second.
    pub rate: Bounds,
    /// The ratio to the leader; of the leader itself 1.
    pub ratio: Bounds,
}

/// The leader, and how each stands beside it.
#[derive(Clone, Debug)]
pub struct Choice {
    pub leader: usize,
    pub standings: Vec<Standing>,
    /// There are rounds enough for an interval of full confidence.
    pub has_rounds: bool,
}

impl Choice {
    /// The numbers of those at `place`.
    pub fn at(&self, place: Place) -> impl Iterator<Item = usize> + '_ {
        let all = self.standings.iter().enumerate();
        all.filter(move |(_, one)| one.place == place)
            .map(|(i, _)| i)
    }
}

/// Chooses by `rates`, of each one a round; nothing if there is none, or one without a rate.
pub fn choose(rates: &[Vec<f64>]) -> Option<Choice> {
    let rounds = rates.iter().map(Vec::len).min()?;
    let estimate = |values: Vec<f64>| {
        let each: Vec<Vec<f64>> = values.into_iter().map(|value| vec![value]).collect();
        Estimate::of(Scale::Ratio, &each)
    };
    let all: Vec<Estimate> = rates
        .iter()
        .map(|one| estimate(one[..rounds].to_vec()))
        .collect::<Option<_>>()?;
    let leader = (0..all.len()).max_by(|&a, &b| all[a].value().total_cmp(&all[b].value()))?;
    let ratios: Vec<Estimate> = rates
        .iter()
        .map(|one| {
            let pairs = one.iter().zip(&rates[leader]).take(rounds);
            estimate(pairs.map(|(one, best)| one / best).collect())
        })
        .collect::<Option<_>>()?;
    let range = Range::around_one(MARGIN);
    let evidence: Vec<Evidence> = ratios.iter().map(|r| Evidence::of(r, range)).collect();
    let others: Vec<usize> = (0..all.len()).filter(|&i| i != leader).collect();
    let p: Vec<f64> = others.iter().map(|&i| evidence[i].p()).collect();
    let levels = holm(&p, FAMILY / all.len() as f64);
    let has_rounds = rounds >= Interval::fewest();
    let mut places = vec![Place::Leader; all.len()];
    for (&i, level) in others.iter().zip(levels) {
        places[i] = match evidence[i].decide(level) {
            _ if !has_rounds => Place::Open,
            Decision::Inside => Place::Tied,
            Decision::Below => Place::Worse,
            Decision::Above | Decision::Open => Place::Open,
        };
    }
    let shown = 1.0 - SHOWN;
    let standings = places.into_iter().zip(all.iter().zip(&ratios));
    let standings = standings.map(|(place, (rate, ratio))| Standing {
        place,
        rate: rate.bounds(shown),
        ratio: ratio.bounds(shown),
    });
    Some(Choice {
        leader,
        standings: standings.collect(),
        has_rounds,
    })
}

#[cfg(test)]
mod tests {
    use super::{Place::*, *};

    /// Rounds about `middle`, which scatter by `noise` parts; `seed` decides in which order.
    fn rounds(middle: f64, noise: f64, seed: u64) -> Vec<f64> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let one = |_| middle * (1.0 + noise * (2.0 * rng.f64() - 1.0));
        (0..20).map(one).collect()
    }

    fn places(rates: &[Vec<f64>]) -> Vec<Place> {
        let choice = choose(rates).unwrap();
        choice.standings.iter().map(|one| one.place).collect()
    }

    #[test]
    fn clear_winner_is_decided() {
        let rates = [
            rounds(100.0, 0.1, 1),
            rounds(150.0, 0.1, 2),
            rounds(20.0, 0.1, 3),
        ];
        assert_eq!(places(&rates), [Worse, Leader, Worse]);
        let choice = choose(&rates).unwrap();
        assert!(choice.has_rounds && choice.leader == 1);
        let Bounds { low, value, high } = choice.standings[0].ratio;
        assert!(0.6 < low && low < value && value < high && high < 0.75);
    }

    #[test]
    fn locks_within_the_margin_are_named_together() {
        let rates = [
            rounds(100.0, 0.01, 1),
            rounds(101.0, 0.01, 2),
            rounds(80.0, 0.01, 3),
        ];
        assert_eq!(places(&rates), [Tied, Leader, Worse]);
    }

    #[test]
    fn noise_alone_cannot_be_decided() {
        let rates = [
            rounds(100.0, 0.9, 1),
            rounds(100.0, 0.9, 2),
            rounds(100.0, 0.9, 3),
        ];
        let choice = choose(&rates).unwrap();
        assert_eq!(choice.at(Open).count(), 2);
    }

    #[test]
    fn open_lock_leaves_others_decided() {
        let rates = [
            rounds(100.0, 0.5, 1),
            rounds(110.0, 0.5, 2),
            rounds(1.0, 0.5, 3),
        ];
        let choice = choose(&rates).unwrap();
        assert_eq!((choice.at(Open).count(), choice.at(Worse).count()), (1, 1));
    }

    #[test]
    fn drift_that_all_share_hides_no_winner() {
        let drift = |middle: f64, seed| {
            let each = rounds(middle, 0.02, seed).into_iter().enumerate();
            each.map(|(i, rate)| rate / (1.0 + i as f64)).collect()
        };
        let rates: [Vec<f64>; 2] = [drift(100.0, 1), drift(120.0, 2)];
        assert_eq!(places(&rates), [Worse, Leader]);
    }

    #[test]
    fn few_rounds_cannot_be_decided() {
        let few = |middle| vec![middle; Interval::fewest() - 1];
        assert_eq!(places(&[few(100.0), few(1.0)]), [Leader, Open]);
        assert!(choose(&[]).is_none());
        assert!(choose(&[vec![], vec![]]).is_none());
        assert!(choose(&[vec![0.0; 9]]).is_none());
    }

    /// Of locks that are equal, a wrong decision, one called worse, is as rare as it should be.
    #[test]
    fn equal_locks_are_seldom_called_different() {
        let wrong = (0..400).filter(|seed| {
            let rates: Vec<_> = (0..5).map(|i| rounds(100.0, 0.3, seed * 5 + i)).collect();
            choose(&rates).unwrap().at(Worse).next().is_some()
        });
        let wrong = wrong.count();
        assert!(wrong <= 20, "{wrong} of 400");
    }
}

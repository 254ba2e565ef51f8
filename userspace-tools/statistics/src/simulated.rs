// SPDX-License-Identifier: GPL-2.0

//! Error rates on simulated data: thousands of samples with a difference of known size, or none, from
//! distributions like those of a shared machine.

use statrs::distribution::{ContinuousCDF, Normal};

use super::{difference::tests::TEST, Difference, Interval, Rank};

const TRIES: usize = 2000;

/// Pseudo-random samples, the same in every run of the test.
struct Chance(fastrand::Rng);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    fn normal(&mut self) -> f64 {
        Normal::standard().inverse_cdf(self.0.f64().max(1e-12))
    }

    /// A throughput: 2 % of noise, and a noisy neighbour in 8 % of the values.
    fn throughput(&mut self, middle: f64) -> f64 {
        let disturbed = if self.0.u8(..) < 20 { 0.6 } else { 1.0 };
        middle * disturbed * (0.02 * self.normal()).exp()
    }

    fn sample(&mut self, n: usize, middle: f64) -> Vec<f64> {
        (0..n).map(|_| self.throughput(middle)).collect()
    }
}

fn rate(mut it: impl FnMut() -> bool) -> f64 {
    (0..TRIES).filter(|_| it()).count() as f64 / TRIES as f64
}

#[test]
fn false_positive_rate_is_between_2_and_6_percent() {
    for (seed, n) in [(1, 5), (2, 8), (3, 20), (4, 45)] {
        let mut chance = Chance::new(seed);
        let seen = rate(|| {
            let (a, b) = (chance.sample(n, 100.0), chance.sample(n, 100.0));
            Rank::of(&a, &b).unwrap().p < 0.05
        });
        assert!(seen <= 0.06, "{n} against {n}: {seen}");
        // A test that never finds a difference would have a rate of 0.
        assert!(seen >= 0.02, "{n} against {n}: {seen}");
    }
}

#[test]
fn ties_do_not_raise_the_false_positive_rate() {
    let mut chance = Chance::new(5);
    let seen = rate(|| {
        let mut few = || -> Vec<f64> { (0..12).map(|_| f64::from(chance.0.u8(0..4))).collect() };
        Rank::of(&few(), &few()).unwrap().p < 0.05
    });
    assert!((0.02..=0.06).contains(&seen), "{seen}");
}

#[test]
fn interval_contains_the_median_as_often_as_its_confidence() {
    for (seed, n) in [(6, 7), (7, 11), (8, 30)] {
        let mut chance = Chance::new(seed);
        let mut sure = 0.0;
        let held = rate(|| {
            // A skewed distribution; the median of exp(normal) is 1.
            let values: Vec<f64> = (0..n).map(|_| chance.normal().exp()).collect();
            let it = Interval::of(&values, 0.95).unwrap();
            sure = it.confidence;
            it.low <= 1.0 && 1.0 <= it.high
        });
        let honest = (held - sure).abs() < 0.015 && sure >= 0.95;
        assert!(honest, "{n}: {held} instead of {sure}");
    }
}

/// A planted regression of a tenth, and none, judged with the repeats that the test asks for.
#[test]
fn slower_by_a_tenth_is_worse_and_unchanged_is_not() {
    let mut chance = Chance::new(9);
    let mut verdict = |b: f64| {
        let mut n = 5;
        // As many repeats as it asks for, up to 60.
        loop {
            let said = TEST.judge(&chance.sample(n, 100.0), &chance.sample(n, b));
            match said.unwrap() {
                Difference::Inconclusive { repeats } if n < 60 => n = repeats.min(60),
                said => return said,
            }
        }
    };
    let worse = rate(|| verdict(90.0) == Difference::Worse);
    let wrong = rate(|| matches!(verdict(100.0), Difference::Worse | Difference::Better));
    assert!(worse >= 0.95, "{worse}");
    assert!(wrong <= 0.05, "{wrong}");
}

// SPDX-License-Identifier: GPL-2.0

//! Rank test: whether one of two samples tends to larger values.
//!
//! Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than
//! the Other", 1947. Only the order of the values counts, so an outlier has one rank and no more.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

/// Result of the test of two samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rank {
    /// Number of pairs with the larger value in the second sample; a tie counts half.
    pub u: f64,
    /// The probability of a `u` at least that far from the middle if there is no difference.
    pub p: f64,
    /// The probability that a value of the second sample is the larger one: 0.5 for no difference.
    pub larger: f64,
}

/// Up to this sample size, and without ties, the distribution of `u` is exact.
const EXACT: usize = 40;

impl Rank {
    /// Tests `b` against `a`; nothing if one of them is empty.
    pub fn of(a: &[f64], b: &[f64]) -> Option<Self> {
        if a.is_empty() || b.is_empty() {
            return None;
        }
        let pairs = (a.len() * b.len()) as f64;
        let won = b.iter().flat_map(|y| a.iter().map(|x| won(*x, *y)));
        let u: f64 = won.sum();
        let ties = ties(a, b);
        let p = match ties.is_empty() && a.len().max(b.len()) <= EXACT {
            true => exact(a.len(), b.len(), u.min(pairs - u)),
            false => approximated(a.len() as f64, b.len() as f64, u, &ties)?,
        };
        Some(Self {
            u,
            p: p.min(1.0),
            larger: u / pairs,
        })
    }
}

fn won(x: f64, y: f64) -> f64 {
    match x.total_cmp(&y) {
        std::cmp::Ordering::Less => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Greater => 0.0,
    }
}

/// The sizes of the groups of equal values, of those that have more than one.
fn ties(a: &[f64], b: &[f64]) -> Vec<f64> {
    let all = super::sorted([a, b].concat());
    let groups = all.chunk_by(|x, y| x.total_cmp(y).is_eq());
    let sizes = groups.map(|group| group.len() as f64);
    sizes.filter(|size| *size > 1.0).collect()
}

/// For each `u` from 0 to `n * m`, the part of all orders of two samples with that `u`.
pub(super) fn distribution(n: usize, m: usize) -> Vec<f64> {
    // The generating function is the Gaussian binomial coefficient: the product over i of
    // (1 - x^(m+i)) / (1 - x^i). Multiplied and divided in place.
    let mut ways = vec![0.0; n * m + 1];
    ways[0] = 1.0;
    for i in 1..=n {
        for u in (m + i..ways.len()).rev() {
            ways[u] -= ways[u - (m + i)];
        }
        for u in i..ways.len() {
            ways[u] += ways[u - i];
        }
    }
    let all: f64 = ways.iter().sum();
    ways.iter().map(|w| w / all).collect()
}

fn exact(n: usize, m: usize, u: f64) -> f64 {
    2.0 * distribution(n, m).iter().take(u as usize + 1).sum::<f64>()
}

/// By the normal distribution, corrected for ties and for continuity.
fn approximated(n: f64, m: f64, u: f64, ties: &[f64]) -> Option<f64> {
    let all = n + m;
    let tied: f64 = ties.iter().map(|t| t * t * t - t).sum();
    let variance = n * m / 12.0 * (all + 1.0 - tied / (all * (all - 1.0)));
    if variance <= 0.0 {
        return Some(1.0); // all values are equal
    }
    let z = ((u - n * m / 2.0).abs() - 0.5).max(0.0) / variance.sqrt();
    Some(2.0 * Normal::standard().sf(z))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() < by, "{a} is not {b}");
    }

    /// Of two samples of five, 2 of the 252 orders do not overlap.
    #[test]
    fn p_of_two_separate_samples_of_five_is_2_of_252() {
        let rank = Rank::of(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
        assert_eq!((rank.u, rank.larger), (25.0, 1.0));
        close(rank.p, 2.0 / 252.0, 1e-12);
    }

    /// Mann and Whitney 1947, table I: n = 4, m = 5, P(U <= 2) = 0.032.
    #[test]
    fn exact_distribution_is_that_of_the_paper() {
        let p: f64 = distribution(4, 5).iter().take(3).sum();
        close(p, 4.0 / 126.0, 1e-12);
        let p: f64 = distribution(6, 6).iter().take(6).sum();
        close(p, 0.021, 0.000_6); // table I: n = 6, m = 6, U = 5
        close(distribution(40, 40).iter().sum(), 1.0, 1e-9);
    }

    /// R 4.3: wilcox.test(c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46),
    /// c(1.15, 0.88, 0.90, 0.74, 1.21)): W = 35, p-value = 0.2544 (Hollander and Wolfe, page 69).
    #[test]
    fn textbook_example_has_the_textbook_p() {
        let a = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let b = [1.15, 0.88, 0.90, 0.74, 1.21];
        let rank = Rank::of(&a, &b).unwrap();
        assert_eq!(rank.u, 50.0 - 35.0);
        close(rank.p, 0.2544, 0.000_05);
    }

    #[test]
    fn exact_and_approximated_p_agree_on_samples_of_30() {
        let a: Vec<f64> = (0..30).map(|i| f64::from(i) * 1.1).collect();
        let b: Vec<f64> = (0..30).map(|i| f64::from(i) * 1.1 + 4.03).collect();
        let rank = Rank::of(&a, &b).unwrap();
        let normal = approximated(30.0, 30.0, rank.u, &[]).unwrap();
        close(rank.p, normal, 0.002);
    }

    #[test]
    fn equal_values_have_p_1() {
        let rank = Rank::of(&[5.0; 6], &[5.0; 6]).unwrap();
        assert_eq!((rank.p, rank.larger), (1.0, 0.5));
        assert_eq!(Rank::of(&[], &[1.0]), None);
    }
}

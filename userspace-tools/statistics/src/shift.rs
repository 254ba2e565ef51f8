// SPDX-License-Identifier: GPL-2.0

//! By what factor two samples differ, and how sure that is.
//!
//! Hodges and Lehmann, "Estimates of Location Based on Rank Tests", 1963, on ratios instead of
//! differences: the median of all quotients of a value of the one and a value of the other.

use serde::Serialize;

use super::{middle, rank::distribution, sorted};

/// A factor and where the true one may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// How many times the first sample the second one is.
    pub factor: f64,
    /// The lower end; 0 if the samples are too small to tell.
    pub low: f64,
    /// The upper end; infinite if the samples are too small to tell.
    pub high: f64,
}

impl Shift {
    /// How many times `a` is `b`, with an interval that misses the truth with probability `alpha`
    /// at most. Nothing if one of them is empty.
    pub fn of(a: &[f64], b: &[f64], alpha: f64) -> Option<Self> {
        let pairs = b.iter().flat_map(|y| a.iter().map(|x| quotient(*y, *x)));
        let quotients = sorted(pairs);
        let factor = middle(&quotients)?;
        // The interval ends where the test of ranks would begin to see a difference.
        let mut sum = 0.0;
        let cut = distribution(a.len(), b.len())
            .iter()
            .take_while(|part| {
                sum += **part;
                sum <= alpha / 2.0
            })
            .count();
        let (low, high) = match cut {
            0 => (0.0, f64::INFINITY),
            k => (quotients[k - 1], quotients[quotients.len() - k]),
        };
        Some(Self { factor, low, high })
    }

    /// Whether all that the factor may be is within one part in `1 / margin` of 1.
    pub fn within(&self, margin: f64) -> bool {
        self.low >= 1.0 / (1.0 + margin) && self.high <= 1.0 + margin
    }
}

/// Nothing against nothing is no difference.
fn quotient(y: f64, x: f64) -> f64 {
    match x == y {
        true => 1.0,
        false => y / x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_much_is_a_factor_of_two() {
        let a = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
        let b = a.map(|x| x * 2.0);
        let shift = Shift::of(&a, &b, 0.05).unwrap();
        assert_eq!(shift.factor, 2.0);
        assert!((1.5..2.0).contains(&shift.low), "{shift:?}");
        assert!((2.0..2.7).contains(&shift.high), "{shift:?}");
        assert!(!shift.within(0.1));
    }

    /// n = m = 5 at 5 %: the critical value of U is 2, so the 3rd smallest and 3rd largest of the 25.
    #[test]
    fn the_interval_is_that_of_the_critical_value() {
        let shift = Shift::of(&[1.0; 5], &[1.0, 2.0, 3.0, 4.0, 5.0], 0.05).unwrap();
        assert_eq!((shift.low, shift.factor, shift.high), (1.0, 3.0, 5.0));
        let shift = Shift::of(&[1.0], &[1.0, 2.0, 3.0, 4.0, 5.0], 0.05).unwrap();
        assert_eq!((shift.low, shift.high), (0.0, f64::INFINITY));
    }

    #[test]
    fn what_is_too_small_to_tell_is_not_within_any_margin() {
        let shift = Shift::of(&[1.0, 1.0], &[1.0, 1.0], 0.05).unwrap();
        assert_eq!(shift.factor, 1.0);
        assert!(!shift.within(10.0));
        assert_eq!(Shift::of(&[], &[1.0], 0.05), None);
    }

    #[test]
    fn nothing_against_nothing_is_no_difference() {
        assert_eq!(Shift::of(&[0.0], &[0.0], 0.05).unwrap().factor, 1.0);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Kendall's rank correlation.
//!
//! Kendall, "A New Measure of Rank Correlation", 1938.

/// 1 if all pairs of `values` are in the same order by both numbers, -1 if none is, a pair that is equal by
/// either counting as neither; nothing of fewer than two.
pub fn kendall(values: &[(f64, f64)]) -> Option<f64> {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (i, (a, b)) in values.iter().enumerate() {
        for (c, d) in &values[..i] {
            let order = (a - c) * (b - d);
            sum += if order == 0.0 { 0.0 } else { order.signum() };
            pairs += 1.0;
        }
    }
    (pairs > 0.0).then(|| sum / pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tau_is_the_part_of_pairs_in_order_less_those_that_are_not() {
        let of = |ranks: &[f64]| {
            let values: Vec<_> = ranks.iter().zip([1.0, 2.0, 3.0, 4.0]).collect();
            kendall(&values.iter().map(|&(a, b)| (*a, b)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[10.0, 20.0, 30.0, 40.0]), Some(1.0));
        assert_eq!(of(&[4.0, 3.0, 2.0, 1.0]), Some(-1.0));
        // One of six pairs is the other way round.
        assert_eq!(of(&[1.0, 3.0, 2.0, 4.0]), Some(4.0 / 6.0));
        assert_eq!(of(&[1.0, 1.0]), Some(0.0));
        assert_eq!(of(&[1.0]), None);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Jain's fairness index.
//!
//! Jain, Chiu and Hawe, "A Quantitative Measure of Fairness and Discrimination", 1984.

/// 1 if all shares are equal, 1/n if one has all; nothing if every share is 0.
pub fn jain(shares: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for share in shares {
        n += 1.0;
        sum += share;
        squares += share * share;
    }
    (squares > 0.0).then(|| sum * sum / (squares * n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jain_is_one_for_equal_shares_and_one_nth_for_one_winner() {
        assert_eq!(jain([5.0; 4]), Some(1.0));
        assert_eq!(jain([8.0, 0.0, 0.0, 0.0]), Some(0.25));
        assert_eq!(jain([0.0; 4]), None);
        assert_eq!(jain([]), None);
    }
}

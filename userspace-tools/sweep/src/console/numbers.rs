// SPDX-License-Identifier: GPL-2.0

//! Numbers as text.

use std::time::Duration;

pub use results::table::short;

/// A ratio: percent below 1, a multiple as `12.3x` from 1 on.
pub fn ratio(value: f64) -> String {
    match value {
        v if v < 0.01 => format!("{:.3} %", v * 100.0),
        v if v < 0.1 => format!("{:.2} %", v * 100.0),
        v if v < 1.0 => format!("{:.1} %", v * 100.0),
        v if v < 100.0 => format!("{v:.2}x"),
        v => format!("{v:.0}x"),
    }
}

/// A number as [`short`], but with two digits however small.
pub fn precise(value: f64) -> String {
    match value.abs() {
        v if v > 0.0 && v < 0.1 => {
            let decimals = (1.0 - v.log10().floor()) as usize;
            format!("{value:.decimals$}")
        }
        _ => short(value),
    }
}

/// Seconds with one decimal.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{precise, ratio};

    #[test]
    fn small_number_keeps_two_digits() {
        let text = [0.00032, 0.0996, -0.012, 0.0, 3.0].map(precise);
        assert_eq!(text, ["0.00032", "0.100", "-0.012", "0.00", "3.00"]);
    }

    #[test]
    fn ratio_is_percent_below_one() {
        for (value, text) in [
            (0.00046, "0.046 %"),
            (0.0123, "1.23 %"),
            (0.5, "50.0 %"),
            (12.345, "12.35x"),
        ] {
            assert_eq!(ratio(value), text);
        }
    }
}

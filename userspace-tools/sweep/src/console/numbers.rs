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

/// Seconds with one decimal.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::ratio;

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

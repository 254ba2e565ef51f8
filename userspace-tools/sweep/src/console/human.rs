// SPDX-License-Identifier: GPL-2.0

//! Numbers as people read them.

use std::time::Duration;

/// Three digits and a magnitude: `4.12M`.
pub fn short(value: f64) -> String {
    let scales = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    // 999.6k is 1.00M: a value belongs to a scale once it rounds up to it.
    let scale = scales.iter().find(|(unit, _)| value.abs() >= unit * 0.9995);
    let (unit, name) = scale.copied().unwrap_or((1.0, ""));
    let value = value / unit;
    let digits = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.digits$}{name}")
}

/// A quotient: a part as percent, a multiple as `12.3x`.
pub fn quotient(value: f64) -> String {
    match value {
        v if v < 0.01 => format!("{:.3} %", v * 100.0),
        v if v < 0.1 => format!("{:.2} %", v * 100.0),
        v if v < 1.0 => format!("{:.1} %", v * 100.0),
        v if v < 100.0 => format!("{v:.2}x"),
        v => format!("{v:.0}x"),
    }
}

/// Seconds with one digit behind the point.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_kept_at_every_magnitude() {
        for (value, text) in [
            (0.0, "0.00"),
            (7.0, "7.00"),
            (999.4, "999"),
            (999.6, "1.00k"),
            (1_234.0, "1.23k"),
            (99_960.0, "100k"),
            (4_123_456.0, "4.12M"),
            (41_234_567.0, "41.2M"),
            (2e9, "2.00G"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn a_quotient_is_percent_below_one() {
        assert_eq!(quotient(0.00046), "0.046 %");
        assert_eq!(quotient(0.0123), "1.23 %");
        assert_eq!(quotient(0.5), "50.0 %");
        assert_eq!(quotient(12.345), "12.35x");
    }
}

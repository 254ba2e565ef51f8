// SPDX-License-Identifier: GPL-2.0

//! Numbers in three digits.

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

/// A rate or a count in three digits: `950`, `12.3k`, `4.56M`.
pub fn rate(value: f64) -> String {
    match value {
        v if v >= 999.5 => short(v),
        v => format!("{v:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_at_every_magnitude() {
        for (value, text) in [
            (0.0, "0.00"),
            (7.0, "7.00"),
            (999.4, "999"),
            (999.6, "1.00k"),
            (1_234.0, "1.23k"),
            (99_960.0, "100k"),
            (41_234_567.0, "41.2M"),
            (2e9, "2.00G"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(
            (rate(950.4), rate(12_345.0)),
            ("950".into(), "12.3k".into())
        );
    }
}

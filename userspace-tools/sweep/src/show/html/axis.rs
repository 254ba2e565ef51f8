// SPDX-License-Identifier: GPL-2.0

//! Axis: maps numbers to coordinates, and labels them.

use crate::console::numbers;

/// Scale of an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Kind {
    /// Linear, from zero.
    #[default]
    Linear,
    /// Logarithmic, labelled at powers of ten.
    Log,
}

/// An axis with its numbers from `from` to `to`, at places from `start` to `end`.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    kind: Kind,
    whole: bool,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Axis {
    /// An axis on which all of `values` have a place.
    pub fn new(kind: Kind, values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let finite: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        let most = finite.iter().copied().fold(0.0, f64::max);
        // Fractions of threads have no label.
        let whole = finite.iter().all(|v| v.fract() == 0.0) && most >= 1.0;
        let (from, to) = match kind {
            Kind::Linear => {
                let most = if most > 0.0 { most } else { 1.0 };
                let step = match whole {
                    true => step(most).max(1.0),
                    false => step(most),
                };
                (0.0, (most / step * 0.999).ceil().max(1.0) * step)
            }
            Kind::Log => {
                let positive = finite.iter().copied().filter(|v| *v > 0.0);
                let least = positive.fold(f64::INFINITY, f64::min).min(most).max(1e-9);
                let (low, high) = (least.log10().floor(), most.max(least).log10().ceil());
                (10f64.powf(low), 10f64.powf(high.max(low + 1.0)))
            }
        };
        Self {
            kind,
            whole,
            from,
            to,
            start,
            end,
        }
    }

    /// The coordinate of a number; a number beyond the axis is at its end.
    pub fn at(&self, value: f64) -> f64 {
        let fraction = match self.kind {
            Kind::Linear => (value - self.from) / (self.to - self.from),
            Kind::Log => {
                let value = value.max(self.from);
                (value / self.from).log10() / (self.to / self.from).log10()
            }
        };
        self.start + fraction.clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// The largest number on it.
    pub fn most(&self) -> f64 {
        self.to
    }

    /// The labels with their coordinates.
    pub fn marks(&self) -> Vec<(f64, String)> {
        let values: Vec<f64> = match self.kind {
            Kind::Linear => {
                let step = step(self.to);
                let step = if self.whole { step.max(1.0) } else { step };
                let count = (self.to / step).round() as usize;
                (0..=count).map(|i| i as f64 * step).collect()
            }
            Kind::Log => {
                let tens = (self.to / self.from).log10().round() as i32;
                let each = (tens / 7).max(1) as usize;
                let marks = (0..=tens).map(|i| self.from * 10f64.powi(i));
                marks.step_by(each).collect()
            }
        };
        values.iter().map(|v| (self.at(*v), mark(*v))).collect()
    }
}

/// A number with no more digits than a label needs.
fn mark(value: f64) -> String {
    let text = numbers::short(value);
    let (digits, unit) = text.split_at(text.find(['k', 'M', 'G']).unwrap_or(text.len()));
    match digits.contains('.') {
        true => format!(
            "{}{unit}",
            digits.trim_end_matches('0').trim_end_matches('.')
        ),
        false => text,
    }
}

/// Between two marks: 1, 2 or 5 times a power of ten, four to eight of them to `most`.
fn step(most: f64) -> f64 {
    let ten = 10f64.powf((most / 5.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * ten);
    let fits = |step: &&f64| most / **step <= 6.0;
    *steps.iter().find(fits).unwrap_or(&steps[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_axis_begins_at_zero() {
        let axis = Axis::new(Kind::Linear, [1.0, 7.3].into_iter(), 0.0, 100.0);
        assert_eq!((axis.at(0.0), axis.most()), (0.0, 8.0));
        assert!((axis.at(4.0) - 2.0 * axis.at(2.0)).abs() < 1e-9);
        let marks: Vec<String> = axis.marks().into_iter().map(|(_, text)| text).collect();
        assert_eq!(marks, ["0", "2", "4", "6", "8"]);
    }

    #[test]
    fn log_axis_is_labelled_at_powers_of_ten() {
        let axis = Axis::new(Kind::Log, [30.0, 5e6].into_iter(), 0.0, 60.0);
        let marks: Vec<String> = axis.marks().into_iter().map(|(_, text)| text).collect();
        assert_eq!(marks, ["10", "100", "1k", "10k", "100k", "1M", "10M"]);
        assert!((axis.at(1e4) - 30.0).abs() < 1e-9);
    }

    #[test]
    fn axis_without_values_has_labels() {
        for kind in [Kind::Linear, Kind::Log] {
            let axis = Axis::new(kind, std::iter::empty(), 0.0, 1.0);
            assert!(axis.at(1.0).is_finite() && axis.marks().len() > 1);
        }
    }
}

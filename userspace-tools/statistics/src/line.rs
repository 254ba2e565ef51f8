// SPDX-License-Identifier: GPL-2.0

//! Straight line through measurements whose scatter grows with the abscissa, with the boot as the unit.
//!
//! Each round boots a guest at every abscissa and gives one line; over rounds, slope and intercept are
//! estimates as any other. So nothing is assumed of the scatter within a round.

use super::{Estimate, Scale};

/// `y = slope * x + intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // where the name says it
pub struct Line {
    pub slope: f64,
    pub intercept: f64,
}

impl Line {
    /// Through `points`, by least squares with the weights `1/x²`, which treat equal relative errors
    /// alike. None if they have fewer than two places, or one that is not above 0.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        if points.iter().any(|(x, y)| !(*x > 0.0 && y.is_finite())) {
            return None;
        }
        // With the weights: least squares of y/x = slope + intercept * (1/x).
        let points = points.iter().map(|(x, y)| (1.0 / x, y / x));
        let points: Vec<(f64, f64)> = points.collect();
        let n = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
        let (u, v) = (mean(|p| p.0), mean(|p| p.1));
        let spread: f64 = points.iter().map(|p| (p.0 - u).powi(2)).sum();
        if points.is_empty() || spread <= f64::EPSILON * u * u {
            return None;
        }
        let both: f64 = points.iter().map(|p| (p.0 - u) * (p.1 - v)).sum();
        let intercept = both / spread;
        Some(Self {
            slope: v - intercept * u,
            intercept,
        })
    }
}

/// Slope and intercept over rounds of boots.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // where the name says it
pub struct Lines {
    pub slope: Estimate,
    pub intercept: Estimate,
}

impl Lines {
    /// The line of each round, summed up; none if a round has no line.
    pub fn of(rounds: &[Vec<(f64, f64)>]) -> Option<Self> {
        let lines: Option<Vec<Line>> = rounds.iter().map(|round| Line::through(round)).collect();
        let lines = lines?;
        let over = |of: fn(&Line) -> f64| {
            let values: Vec<Vec<f64>> = lines.iter().map(|line| vec![of(line)]).collect();
            Estimate::of(Scale::Linear, &values)
        };
        Some(Self {
            slope: over(|line| line.slope)?,
            intercept: over(|line| line.intercept)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::confidence::SHOWN;

    const SLICES: [f64; 3] = [4.0, 16.0, 64.0];

    #[test]
    fn line_through_points_on_it_is_found() {
        let points = SLICES.map(|x| (x, 1.3 * x + 2.0));
        let line = Line::through(&points).unwrap();
        assert!((line.slope - 1.3).abs() < 1e-9 && (line.intercept - 2.0).abs() < 1e-9);
    }

    #[test]
    fn one_place_or_nothing_has_no_line() {
        for points in [
            &[][..],
            &[(4.0, 5.0)],
            &[(4.0, 5.0), (4.0, 6.0)],
            &[(0.0, 1.0), (1.0, 2.0)],
        ] {
            assert_eq!(Line::through(points), None, "{points:?}");
        }
        assert!(Lines::of(&[vec![(4.0, 5.0)]]).is_none());
    }

    /// Boots differ by 5 %, and each measurement by 10 %, in 1,000 experiments of six rounds.
    #[test]
    fn intervals_contain_the_true_line_as_often_as_they_say() {
        let (slope, intercept, experiments) = (1.3, 2.0, 1000);
        let mut rng = Rng::with_seed(14);
        let mut normal = move || (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        let (mut slopes, mut intercepts) = (0, 0);
        for _ in 0..experiments {
            let rounds = (0..6).map(|_| {
                let point = |x: f64| {
                    let noise = 1.0 + 0.05 * normal() + 0.1 * normal();
                    (x, (slope * x + intercept) * noise)
                };
                SLICES.map(point).to_vec()
            });
            let lines = Lines::of(&rounds.collect::<Vec<_>>()).unwrap();
            let contains = |estimate: Estimate, value: f64| {
                let bounds = estimate.bounds(1.0 - SHOWN);
                usize::from(bounds.low <= value && value <= bounds.high)
            };
            slopes += contains(lines.slope, slope);
            intercepts += contains(lines.intercept, intercept);
        }
        // Two standard errors of a count of that many.
        let least = (SHOWN - 2.0 * (SHOWN * (1.0 - SHOWN) / experiments as f64).sqrt())
            * experiments as f64;
        assert!(
            slopes as f64 >= least && intercepts as f64 >= least,
            "{slopes} {intercepts}"
        );
    }
}

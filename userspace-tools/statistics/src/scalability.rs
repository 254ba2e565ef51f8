// SPDX-License-Identifier: GPL-2.0

//! Universal Scalability Law, fitted to throughput by threads.
//!
//! Gunther, "Guerrilla Capacity Planning", 2007: `X(n) = λn / (1 + σ(n-1) + κn(n-1))`, where `λ` is
//! the throughput of one thread, `σ` contention, the part that is serial (with `κ = 0` this is
//! Amdahl's law, and `λ/σ` its limit), and `κ` coherency, the cost of each pair of threads.

use rmpfit::{MPFitter, MPResult};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::confidence::SHOWN;

/// A coefficient and the interval that contains the true one, with the confidence that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Coefficient {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Coefficient {
    /// Half the width of the interval.
    pub fn half(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// A fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scalability {
    /// Throughput of one thread, in the unit of the measurements.
    pub lambda: Coefficient,
    /// Contention, at least 0.
    pub sigma: Coefficient,
    /// Coherency, at least 0.
    pub kappa: Coefficient,
    /// Residual of each measurement, as part of it.
    pub residuals: Vec<f64>,
    /// Coefficient of determination.
    pub r2: f64,
}

/// Throughput by threads.
struct Measured<'a>(&'a [(f64, f64)]);

fn law(n: f64, [lambda, sigma, kappa]: [f64; 3]) -> f64 {
    lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
}

/// The fit varies the roots of σ and κ, which keeps these at 0 or above: a lock that collapses would
/// otherwise have a contention of -2000.
fn coefficients(roots: &[f64]) -> [f64; 3] {
    [roots[0], roots[1] * roots[1], roots[2] * roots[2]]
}

impl MPFitter for Measured<'_> {
    fn eval(&self, params: &[f64], deviates: &mut [f64]) -> MPResult<()> {
        let coefficients = coefficients(params);
        for (deviate, (n, x)) in deviates.iter_mut().zip(self.0) {
            *deviate = x - law(*n, coefficients);
        }
        Ok(())
    }

    fn number_of_points(&self) -> usize {
        self.0.len()
    }
}

impl Scalability {
    /// Fits the law to pairs of threads and throughput, one pair for each repeat. Nothing for fewer
    /// than four pairs or three numbers of threads, or where no fit is found.
    pub fn of(measured: &[(f64, f64)]) -> Option<Self> {
        let mut threads: Vec<f64> = measured.iter().map(|(n, _)| *n).collect();
        threads.sort_by(f64::total_cmp);
        threads.dedup();
        if threads.len() < 3 || measured.len() < 4 {
            return None;
        }
        let one = measured.iter().map(|(n, x)| x / n).fold(0.0, f64::max);
        let mut roots = [one, 0.3, 0.1];
        let status = Measured(measured)
            .mpfit(&mut roots, None, &rmpfit::MPConfig::default())
            .ok()?;
        // The errors of measurement are unknown, and estimated from the residuals.
        let free = (measured.len() - 3) as f64;
        let scale = (status.best_norm / free).sqrt();
        let wide = StudentsT::new(0.0, 1.0, free)
            .ok()?
            .inverse_cdf(f64::midpoint(1.0, SHOWN))
            * scale;
        let found = coefficients(&roots);
        // Derivative of a coefficient by its root.
        let slope = [1.0, 2.0 * roots[1].abs(), 2.0 * roots[2].abs()];
        let coefficient = |i: usize| {
            let (value, error) = (found[i], status.xerror[i] * wide * slope[i]);
            Coefficient {
                value,
                low: value - error,
                high: value + error,
            }
        };
        let mean = measured.iter().map(|(_, x)| x).sum::<f64>() / measured.len() as f64;
        let total: f64 = measured.iter().map(|(_, x)| (x - mean).powi(2)).sum();
        let left = measured.iter().map(|(n, x)| (x - law(*n, found)) / x);
        Some(Self {
            lambda: coefficient(0),
            sigma: coefficient(1),
            kappa: coefficient(2),
            residuals: left.collect(),
            r2: 1.0 - status.best_norm / total.max(f64::MIN_POSITIVE),
        })
    }

    /// Number of threads with the most throughput; nothing if the law has no peak.
    pub fn peak(&self) -> Option<f64> {
        let peak = ((1.0 - self.sigma.value) / self.kappa.value).sqrt();
        (self.kappa.value > 0.0 && peak.is_finite()).then_some(peak.max(1.0))
    }

    /// Limit of the throughput with contention alone (Amdahl).
    pub fn limit(&self) -> Option<f64> {
        (self.sigma.value > 1e-6).then(|| self.lambda.value / self.sigma.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, by: f64) {
        assert!((a / b - 1.0).abs() < by, "{a} is not {b}");
    }

    /// The measurements and coefficients of Schwartz, "Practical Scalability Analysis with the
    /// Universal Scalability Law", 2015.
    #[test]
    fn fit_of_the_published_example_has_the_published_coefficients() {
        let throughput = [
            955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61,
            8278.71, 8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39,
            10798.52, 11151.43, 11518.63, 11806.0, 12089.37, 12075.41, 12177.29, 12211.41,
            12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
        ];
        let measured: Vec<_> = (1..).map(f64::from).zip(throughput).collect();
        let fit = Scalability::of(&measured).unwrap();
        close(fit.sigma.value, 0.026_715_91, 1e-4);
        close(fit.kappa.value, 7.690_945e-4, 1e-4);
        close(fit.lambda.value, 995.6486, 1e-5);
        close(fit.peak().unwrap(), 35.57, 1e-3);
        assert!(fit.sigma.low > 0.015 && fit.sigma.high < 0.04, "{fit:?}");
        assert!(fit.r2 > 0.995);
    }

    #[test]
    fn fit_recovers_the_coefficients_of_exact_data() {
        let truth = [1e6, 0.05, 0.002];
        let measured: Vec<_> = [1.0, 2.0, 4.0, 8.0, 16.0]
            .map(|n| (n, law(n, truth)))
            .into();
        let fit = Scalability::of(&measured).unwrap();
        close(fit.lambda.value, truth[0], 1e-6);
        close(fit.sigma.value, truth[1], 1e-4);
        close(fit.kappa.value, truth[2], 1e-4);
        close(fit.limit().unwrap(), 2e7, 1e-4);
        assert!(fit.residuals.iter().all(|left| left.abs() < 1e-6));
    }

    /// A storm: two threads have a thousandth of the throughput of one. The fit stays within its
    /// bounds, and its residuals show that the law does not apply.
    #[test]
    fn fit_of_a_collapse_has_large_residuals() {
        let storm = [(1.0, 1.4e6), (2.0, 1.3e6), (4.0, 1.8e3), (8.0, 5e2)];
        let fit = Scalability::of(&storm).unwrap();
        assert!(fit.sigma.value >= 0.0 && fit.kappa.value >= 0.0, "{fit:?}");
        assert!(fit.residuals.iter().any(|left| left.abs() > 1.0), "{fit:?}");
    }

    #[test]
    fn fit_needs_four_runs_and_three_numbers_of_threads() {
        assert_eq!(
            Scalability::of(&[(1.0, 1.0), (2.0, 2.0), (2.0, 2.1), (1.0, 1.1)]),
            None
        );
        assert_eq!(Scalability::of(&[(1.0, 1.0), (2.0, 2.0), (4.0, 3.0)]), None);
    }
}

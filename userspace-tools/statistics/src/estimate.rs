// SPDX-License-Identifier: GPL-2.0

//! Estimate of a quantity or of a ratio, with the boot as the unit.
//!
//! Repeats within one boot share the boot's placement of memory, its neighbours on the host and its
//! drift, so they are summed up to one number for each boot. Between boots these numbers scatter
//! independently, and Student's t distribution ("The Probable Error of a Mean", 1908) gives the
//! interval; two groups of boots are compared as Welch does ("The Generalization of `Student's'
//! Problem when Several Different Population Variances are Involved", 1947). [`Scale::Ratio`]
//! computes with logarithms, so that half and double are equally far from 1. A rate of events that may
//! be rare has the wider of this interval and that of their number ([`Occurrences`]): boots in which
//! nothing happened do not scatter, and are no proof. The error rates under the noise of shared
//! machines are simulated in `calibration`.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{confidence, largest::Largest, median, spread::Spread, Occurrences};

/// How values are summed up.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Values above 0, of which factors matter.
    Ratio,
    /// Any values, of which differences matter.
    Linear,
}

/// An estimate over boots.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Estimate {
    scale: Scale,
    /// Number of boots, of the smaller group if it compares two.
    pub boots: usize,
    /// The mean over boots, on the scale.
    mean: f64,
    /// Its standard error, on the scale; nothing of one boot.
    error: Option<f64>,
    /// Degrees of freedom; 0 of one boot.
    freedom: f64,
    /// Standard deviation between boots, on the scale; nothing of one boot.
    pub between: Option<f64>,
    /// Standard deviation within a boot, on the scale; nothing of one repeat a boot.
    pub within: Option<f64>,
    /// What it is the rate of, if it is of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Occurrences>,
    /// Of what it is the largest, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    largest: Option<Largest>,
}

/// The ends of an interval, and the estimate in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Bounds {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Estimate {
    /// Sums up `boots`, each the values of its repeats. Nothing if there is no boot, a boot without a
    /// value, or a value that the scale cannot take: it was not measured then.
    pub fn of(scale: Scale, boots: &[Vec<f64>]) -> Option<Self> {
        let boots: Vec<Vec<f64>> = boots
            .iter()
            .map(|boot| scale.to(boot))
            .collect::<Option<_>>()?;
        let middles: Vec<f64> = boots
            .iter()
            .map(|boot| median(boot.iter().copied()))
            .collect::<Option<_>>()?;
        let mean = mean(&middles)?;
        let n = middles.len();
        let between = deviation(&middles, mean);
        Some(Self {
            scale,
            boots: n,
            mean,
            error: between.map(|sd| sd / (n as f64).sqrt()),
            freedom: n as f64 - 1.0,
            between,
            within: within(&boots),
            events: None,
            largest: None,
        })
    }

    /// Sums up the events of `boots`, one number for each boot. Nothing if there is no boot, or one that
    /// took no time.
    pub fn of_events(boots: &[Occurrences]) -> Option<Self> {
        let rates: Vec<Vec<f64>> = boots.iter().map(|boot| vec![boot.rate()]).collect();
        Some(Self {
            events: Some(Occurrences::sum(boots.iter().copied())),
            ..Self::of(Scale::Linear, &rates)?
        })
    }

    /// The largest of `all`, which are on one scale, and which of them it surely is at least: that with the highest
    /// lower end. Nothing of none.
    pub fn largest(all: &[Self]) -> Option<(usize, Self)> {
        let alpha = 1.0 - confidence::SHOWN;
        let low = |one: &Self| one.bounds(alpha / all.len() as f64).low;
        let high = |one: &Self| one.bounds(alpha).high;
        let by = |of: &dyn Fn(&Self) -> f64| {
            let all = all.iter().enumerate();
            all.max_by(|(_, a), (_, b)| of(a).total_cmp(&of(b)))
        };
        let ((surest, one), (_, highest)) = by(&low).zip(by(&high))?;
        let mut estimate = *one;
        estimate.largest = Some(Largest {
            of: all.len(),
            highest: highest.spread(),
        });
        Some((surest, estimate))
    }

    /// How many times `other` this one is, both from boots of their own; of two on the scale
    /// [`Scale::Linear`] the difference. Of the largest of several only the ends are known, which leaves it open.
    pub fn over(&self, other: &Self) -> Self {
        let part = |one: &Self| one.error_alone().map(|error| error.powi(2));
        let welch = |(mine, theirs): (f64, f64)| {
            let share = |part: f64, freedom: f64| match part == 0.0 {
                true => 0.0,
                false => part.powi(2) / freedom,
            };
            let shares = share(mine, self.freedom) + share(theirs, other.freedom);
            let all = mine + theirs;
            let least = self.freedom.min(other.freedom);
            (
                all.sqrt(),
                if shares > 0.0 {
                    all.powi(2) / shares
                } else {
                    least
                },
            )
        };
        let welch = part(self).zip(part(other)).map(welch);
        Self {
            scale: self.scale,
            boots: self.boots.min(other.boots),
            mean: self.mean - other.mean,
            error: welch.map(|(error, _)| error),
            freedom: welch.map_or(0.0, |(_, freedom)| freedom),
            between: larger(self.between, other.between),
            within: larger(self.within, other.within),
            events: None,
            largest: None,
        }
    }

    /// The estimate.
    pub fn value(&self) -> f64 {
        self.scale.from(self.mean)
    }

    /// The value of a quantity that was the same in every boot: it has no scatter. A rate of events is
    /// none.
    pub fn exact(&self) -> Option<f64> {
        let is_exact = self.error == Some(0.0) && self.events.is_none();
        let is_alone = self.largest.is_none_or(|largest| largest.is_exact());
        (is_exact && is_alone).then(|| self.value())
    }

    /// The same turned round: what was `a` to `b` is `b` to `a`.
    pub fn inverted(self) -> Self {
        Self {
            mean: -self.mean,
            error: self.error_alone(),
            largest: None,
            ..self
        }
    }

    /// The interval that misses the true value with probability `alpha`: everything, of one boot.
    pub fn bounds(&self, alpha: f64) -> Bounds {
        let each = self.largest.map_or(alpha, |largest| largest.each(alpha));
        let half = |alpha| self.spread().half(alpha);
        let (mut low, mut high) = (
            self.scale.from(self.mean - half(each)),
            self.scale.from(self.mean + half(alpha)),
        );
        if let Some(events) = self.events {
            let (least, most) = events.bounds(alpha);
            (low, high) = (low.min(least).max(0.0), high.max(most));
        }
        if let Some(largest) = self.largest {
            high = high.max(self.scale.from(largest.high(alpha)));
        }
        let value = self.value();
        Bounds { value, low, high }
    }

    /// The error of a quantity that is not the largest of several.
    fn error_alone(&self) -> Option<f64> {
        self.error.filter(|_| self.largest.is_none())
    }

    fn spread(&self) -> Spread {
        let (mean, error, freedom) = (self.mean, self.error, self.freedom);
        Spread {
            mean,
            error,
            freedom,
        }
    }

    /// The probability of such an estimate, or of a larger one, if the true value were `limit` at
    /// most: small if it is above.
    pub fn p_above(&self, limit: f64) -> f64 {
        let by_count = self.events.map_or(0.0, |events| events.p_above(limit));
        let p = self.spread().p(self.mean - self.scale.limit(limit));
        let p = self.largest.map_or(p, |largest| largest.p_above(p));
        by_count.max(p)
    }

    /// The same for an estimate below `limit`.
    pub fn p_below(&self, limit: f64) -> f64 {
        let by_count = self.events.map_or(0.0, |events| events.p_below(limit));
        let limit = self.scale.limit(limit);
        let p = self.spread().p(limit - self.mean);
        let p = self
            .largest
            .map_or(p, |largest| largest.p_below(limit).max(p));
        by_count.max(p)
    }

    /// About how many boots decide at `alpha`, with this scatter, that the value is on its side of
    /// `limit`, nine times in ten. Nothing if no number does.
    pub fn boots_needed(&self, limit: f64, alpha: f64) -> Option<usize> {
        const POWER: f64 = 0.9;
        let (sd, apart) = (self.between?, (self.mean - self.scale.limit(limit)).abs());
        let enough = |boots: &usize| {
            let Ok(student) = StudentsT::new(0.0, 1.0, *boots as f64 - 1.0) else {
                return false;
            };
            let z = student.inverse_cdf(1.0 - alpha / 2.0) + student.inverse_cdf(POWER);
            let is_counted = self.events.is_none_or(|events| {
                let events = events.extended(*boots as f64 / self.boots as f64);
                events.p_above(limit).min(events.p_below(limit)) <= alpha / 2.0
            });
            is_counted && z * sd / (*boots as f64).sqrt() <= apart
        };
        // Steps of a tenth are as exact as the estimate of the scatter.
        let sizes = std::iter::successors(Some(2_usize), |n| Some(n + 1 + n / 10));
        sizes.take_while(|n| *n <= MOST_BOOTS).find(enough)
    }
}

/// More boots than anyone runs: a difference that needs them is not decided by repeats.
const MOST_BOOTS: usize = 2000;

impl Scale {
    fn to(self, values: &[f64]) -> Option<Vec<f64>> {
        let one = |v: &f64| match self {
            Self::Ratio => Some(v.ln()).filter(|_| *v > 0.0 && v.is_finite()),
            Self::Linear => Some(*v).filter(|v| v.is_finite()),
        };
        values
            .iter()
            .map(one)
            .collect::<Option<Vec<f64>>>()
            .filter(|all| !all.is_empty())
    }

    fn from(self, v: f64) -> f64 {
        match self {
            Self::Ratio => v.exp(),
            Self::Linear => v,
        }
    }

    /// A limit on the scale; every ratio is above 0.
    fn limit(self, limit: f64) -> f64 {
        match self {
            Self::Ratio if limit <= 0.0 => f64::NEG_INFINITY,
            Self::Ratio => limit.ln(),
            Self::Linear => limit,
        }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    let n = values.len();
    (n > 0).then(|| values.iter().sum::<f64>() / n as f64)
}

fn deviation(values: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() as f64 - 1.0)).sqrt())
}

/// Pooled over boots.
fn within(boots: &[Vec<f64>]) -> Option<f64> {
    let (mut squares, mut freedom) = (0.0, 0);
    for boot in boots {
        let mean = mean(boot)?;
        squares += boot.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        freedom += boot.len() - 1;
    }
    (freedom > 0).then(|| (squares / freedom as f64).sqrt())
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a?.max(b?))
}

#[cfg(test)]
#[path = "estimate_tests.rs"]
mod tests;

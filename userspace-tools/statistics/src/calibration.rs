// SPDX-License-Identifier: GPL-2.0

//! Error rates and power on simulated boots, with noise as it is on shared machines.
//!
//! Two sides are measured in each boot, alternating. The noise within a cell has a standard deviation
//! of 8 %, boots differ by 4 %; see each model. Every cell of the table is from 2,000 experiments, the
//! same in every run. A rate above its nominal one by more than two standard errors fails the test.

use std::fmt::Write;

use statrs::distribution::{ContinuousCDF, Normal};

use super::{confidence, holm, Decision, Estimate, Evidence, Interval, Range, Scale};

const TRIES: usize = 2000;
const REPEATS: usize = 5;
const BOOTS: [usize; 3] = [6, 12, 24];
const WITHIN: f64 = 0.08;
const BETWEEN: f64 = 0.04;

/// A source of noise: the logarithms of one boot's values of both sides, in the order of the runs.
#[derive(Clone, Copy, Debug)]
enum Model {
    /// Independent runs.
    Independent,
    /// Each side of each boot has its own speed: placement of memory, alignment.
    BootEffects,
    /// The host's speed drifts within a boot, shared by both sides: AR(1) with 0.9.
    Drift,
    /// Student's t with 2 degrees of freedom, and one value in fifty at a tenth of its speed.
    HeavyTails,
    /// Each side of each boot is fast, or slower by 13 %.
    Bimodal,
}

const MODELS: [(Model, &str); 5] = [
    (Model::Independent, "independent"),
    (Model::BootEffects, "boot effects"),
    (Model::Drift, "drift"),
    (Model::HeavyTails, "heavy tails"),
    (Model::Bimodal, "bimodal"),
];

struct Chance(fastrand::Rng);

impl Chance {
    fn normal(&mut self) -> f64 {
        Normal::standard().inverse_cdf(self.0.f64().max(1e-12))
    }

    fn noise(&mut self, model: Model) -> f64 {
        match model {
            Model::HeavyTails => {
                let chi = -2.0 * self.0.f64().max(1e-12).ln();
                let outlier = f64::from(u8::from(self.0.u8(..) < 5)) * 0.1_f64.ln();
                WITHIN / 2.0 * self.normal() / (chi / 2.0).sqrt() + outlier
            }
            Model::Drift => WITHIN / 4.0 * self.normal(),
            _ => WITHIN * self.normal(),
        }
    }

    fn side(&mut self, model: Model) -> f64 {
        match model {
            Model::BootEffects => BETWEEN * self.normal(),
            Model::Bimodal => f64::from(u8::from(self.0.bool())) * 0.87_f64.ln(),
            _ => 0.0,
        }
    }

    /// The ratios of a boot whose second side is `factor` times as fast.
    fn boot(&mut self, model: Model, factor: f64) -> Vec<f64> {
        let [one, other] = [self.side(model), self.side(model)];
        let mut drift = 0.0;
        let repeat = |_| {
            let mut value = |side: f64| {
                drift = match model {
                    Model::Drift => 0.9 * drift + WITHIN * 0.19_f64.sqrt() * self.normal(),
                    _ => 0.0,
                };
                side + drift + self.noise(model)
            };
            let (a, b) = (value(one), value(other));
            factor * (b - a).exp()
        };
        (0..REPEATS).map(repeat).collect()
    }

    fn ratio(&mut self, model: Model, boots: usize, factor: f64) -> Estimate {
        let boots: Vec<Vec<f64>> = (0..boots).map(|_| self.boot(model, factor)).collect();
        Estimate::of(Scale::Ratio, &boots).unwrap()
    }
}

fn rate(tries: usize, mut it: impl FnMut() -> bool) -> f64 {
    (0..tries).filter(|_| it()).count() as f64 / tries as f64
}

fn most(nominal: f64, tries: usize) -> f64 {
    nominal + 2.0 * (nominal * (1.0 - nominal) / tries as f64).sqrt()
}

/// How often equal sides are called different, at the nominal rate.
fn false_positives(model: Model, boots: usize, nominal: f64, seed: u64) -> f64 {
    let mut chance = Chance(fastrand::Rng::with_seed(seed));
    rate(TRIES, || {
        let ratio = chance.ratio(model, boots, 1.0);
        ratio.p_above(1.0).min(ratio.p_below(1.0)) * 2.0 <= nominal
    })
}

/// How often a change of `percent` is seen to be one: the interval excludes no change.
fn power(model: Model, boots: usize, percent: f64, seed: u64) -> f64 {
    let mut chance = Chance(fastrand::Rng::with_seed(seed));
    let factor = 1.0 + percent / 100.0;
    rate(TRIES, || {
        let ratio = chance.ratio(model, boots, factor);
        let seen = if percent > 0.0 {
            ratio.p_above(1.0)
        } else {
            ratio.p_below(1.0)
        };
        seen * 2.0 <= confidence::FAMILY
    })
}

/// Rates in percent, as the table of `README.md`; fails if one is above its nominal rate.
fn table() -> String {
    let mut text = String::from(
        "| noise | boots | wrong at 5 % | wrong at 1 % | sees -10 % | -5 % | +5 % | +10 % |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (number, (model, name)) in MODELS.into_iter().enumerate() {
        for boots in BOOTS {
            let seed = 100 * number as u64 + boots as u64;
            let wrong = [0.05, 0.01].map(|nominal| {
                let seen = false_positives(model, boots, nominal, seed);
                let most = most(nominal, TRIES);
                assert!(seen <= most, "{name}, {boots} boots: {seen} (most {most})");
                seen
            });
            let sees = [-10.0, -5.0, 5.0, 10.0].map(|change| power(model, boots, change, seed));
            let rates = wrong.iter().chain(&sees);
            let cells = rates.map(|rate| format!(" {:.1} |", rate * 100.0));
            let cells: String = cells.collect();
            let _ = writeln!(text, "| {name} | {boots} |{cells}");
        }
    }
    text
}

/// A test that never finds a difference has no false positives either.
#[test]
fn change_of_a_tenth_is_seen() {
    for (model, _) in MODELS {
        let seen = power(model, 24, -10.0, 1);
        assert!(seen > 0.8, "{model:?}: {seen}");
    }
}

/// 77 lines of which none differs, judged as one family: some line is called in one comparison of
/// twenty at most.
#[test]
fn family_is_wrong_as_rarely_as_one_line() {
    const LINES: usize = 77;
    const COMPARISONS: usize = 400;
    for (model, name) in MODELS {
        let mut chance = Chance(fastrand::Rng::with_seed(3));
        let seen = rate(COMPARISONS, || {
            let range = Range::around_one(1e-9);
            let evidence: Vec<Evidence> = (0..LINES)
                .map(|_| Evidence::of(&chance.ratio(model, 6, 1.0), range))
                .collect();
            let p: Vec<f64> = evidence.iter().map(Evidence::p).collect();
            let levels = holm(&p, confidence::FAMILY);
            let mut calls = evidence
                .iter()
                .zip(levels)
                .map(|(e, level)| e.decide(level));
            calls.any(|call| matches!(call, Decision::Below | Decision::Above))
        });
        let most = most(confidence::FAMILY, COMPARISONS);
        assert!(seen <= most, "{name}: {seen} (most {most})");
    }
}

/// Four looks after 6, 12, 18 and 24 boots, each at a quarter of the error, as `--until-decided` has them.
#[test]
fn planned_looks_are_wrong_as_rarely_as_one() {
    const LOOKS: usize = 4;
    for (model, name) in MODELS {
        let mut chance = Chance(fastrand::Rng::with_seed(21));
        let seen = rate(TRIES, || {
            let mut boots: Vec<Vec<f64>> = Vec::new();
            (0..LOOKS).any(|_| {
                boots.extend((0..6).map(|_| chance.boot(model, 1.0)));
                let ratio = Estimate::of(Scale::Ratio, &boots).unwrap();
                let p = 2.0 * ratio.p_above(1.0).min(ratio.p_below(1.0));
                p <= confidence::FAMILY / LOOKS as f64
            })
        });
        let most = most(confidence::FAMILY, TRIES);
        assert!(seen <= most, "{name}: {seen} (most {most})");
    }
}

#[test]
fn interval_of_the_median_contains_it_as_often_as_its_confidence() {
    let mut chance = Chance(fastrand::Rng::with_seed(6));
    for n in [7, 11, 30] {
        let mut sure = 0.0;
        let held = rate(TRIES, || {
            // A skewed distribution; the median of exp(normal) is 1.
            let values: Vec<f64> = (0..n).map(|_| chance.normal().exp()).collect();
            let it = Interval::of(&values, 0.95).unwrap();
            sure = it.confidence;
            it.low <= 1.0 && 1.0 <= it.high
        });
        assert!(
            (held - sure).abs() < 0.015 && sure >= 0.95,
            "{n}: {held} instead of {sure}"
        );
    }
}

/// The truth at the limit itself, where a wrong PASS or FAIL is likeliest.
#[test]
fn limit_that_is_just_met_is_mostly_left_open() {
    for (model, name) in MODELS {
        let mut chance = Chance(fastrand::Rng::with_seed(11));
        let decided = rate(TRIES, || {
            let evidence = Evidence::of(&chance.ratio(model, 6, 1.2), Range::at_least(1.2));
            evidence.decide(confidence::FAMILY) != Decision::Open
        });
        let most = most(confidence::FAMILY, TRIES);
        assert!(decided <= most, "{name}: {decided} (most {most})");
    }
}

#[test]
fn wrong_calls_are_as_rare_as_the_readme_has_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let (begin, end) = ("<!-- calibration: by statistics -->\n", "<!-- end -->");
    let (head, rest) = text.split_once(begin).expect("a place for the table");
    let (_, tail) = rest.split_once(end).expect("its end");
    let due = format!("{head}{begin}{}{end}{tail}", table());
    if std::env::var_os("SLOWPATH_WRITE").is_some() {
        std::fs::write(path, &due).expect("written");
    }
    let now = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        now == due,
        "stale table. Try: SLOWPATH_WRITE=1 cargo test -p statistics"
    );
}

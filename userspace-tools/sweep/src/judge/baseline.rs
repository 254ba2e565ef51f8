// SPDX-License-Identifier: GPL-2.0

//! Baseline: samples of saved results, and later results compared with them, with the tolerance that
//! their own noise requires.

use std::path::Path;

use serde::{Deserialize, Serialize};
use statistics::{confidence, median, DifferenceTest, Shift};

use crate::{
    console::usage::Usage,
    judge::{
        cell::all_cells,
        estimate::Estimate,
        verdict::{Case, Verdict},
    },
    plan::setting::{words, Point},
    store::{directory, loaded::Loaded},
};

#[derive(Debug, Deserialize, Serialize)]
pub struct Baseline {
    schema: u32,
    pub experiment: String,
    commits: Vec<String>,
    tier: String,
    cpu: String,
    pub cells: Vec<Saved>,
}

/// A cell: a sample from each result.
#[derive(Debug, Deserialize, Serialize)]
pub struct Saved {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    more_is_better: bool,
    samples: Vec<Vec<f64>>,
}

impl Baseline {
    /// An empty baseline of the experiment and the machine of `first`.
    pub fn of(first: &Loaded) -> Self {
        Self {
            schema: directory::SCHEMA,
            experiment: first.experiment.name.clone(),
            commits: Vec::new(),
            tier: first.provenance.tier().into(),
            cpu: first.provenance.host_cpu().into(),
            cells: Vec::new(),
        }
    }

    /// Rejects the result `dir` of another experiment or machine, which does not show a change.
    fn check_origin(&self, loaded: &Loaded, dir: &Path) -> Result<(), Usage> {
        let had = &loaded.provenance;
        for (what, wanted, had) in [
            ("experiment", &*self.experiment, &*loaded.experiment.name),
            ("tier", &self.tier, had.tier()),
            ("CPU", &self.cpu, had.host_cpu()),
        ] {
            if wanted != had {
                let dir = dir.display();
                return Err(Usage(format!(
                    "cannot compare {dir} with the baseline: its {what} is `{had}` (baseline: `{wanted}`)"
                )));
            }
        }
        Ok(())
    }

    /// Adds the result `dir`.
    pub fn add(&mut self, loaded: &Loaded, dir: &Path) -> Result<(), Usage> {
        self.check_origin(loaded, dir)?;
        let commit = loaded.provenance.git.commit.clone();
        self.commits.push(commit.unwrap_or_default());
        for cell in all_cells(loaded) {
            let values = cell.values();
            let same = |saved: &&mut Saved| cell.is_at(&saved.scenario, &saved.at);
            match self.cells.iter_mut().find(same) {
                Some(saved) => saved.samples.push(values),
                None => self.cells.push(Saved {
                    more_is_better: cell.more_is_better(),
                    samples: vec![values],
                    scenario: cell.scenario,
                    at: cell.at,
                }),
            }
        }
        Ok(())
    }

    /// The verdicts on the cells of the baseline in the result `dir`.
    pub fn check(&self, loaded: &Loaded, dir: &Path, floor: f64) -> Result<Vec<Case>, Usage> {
        self.check_origin(loaded, dir)?;
        let cells = all_cells(loaded);
        let cases = self.cells.iter().map(|saved| {
            let mut cells = cells.iter();
            let cell = cells.find(|cell| cell.is_at(&saved.scenario, &saved.at));
            let case = cell.and_then(|cell| case(floor, saved, &cell.values()));
            case.unwrap_or_else(|| Case {
                name: saved.name(),
                verdict: Verdict::NotMeasured,
                text: "no run in this result".into(),
            })
        });
        Ok(cases.collect())
    }
}

impl Saved {
    fn name(&self) -> String {
        format!("{} {}", self.scenario, words(&self.at))
    }
}

/// The verdict on one cell; ratios are inverted where less is better.
fn case(floor: f64, saved: &Saved, now: &[f64]) -> Option<Case> {
    let before: Vec<f64> = saved.samples.concat();
    let test = DifferenceTest {
        alpha: confidence::ALPHA,
        margin: floor,
        power: confidence::BASELINE_POWER,
        more_is_better: saved.more_is_better,
    };
    let noise = test.shown(&before, now).unwrap_or(f64::INFINITY);
    let tolerance = noise.max(floor).max(between(&saved.samples));
    let shift = match saved.more_is_better {
        true => Shift::of(&before, now, test.alpha)?,
        false => Shift::of(now, &before, test.alpha)?,
    };
    let least = 1.0 / (1.0 + tolerance);
    // Samples that differ by more than that among themselves would pass anything.
    let is_useful = tolerance <= confidence::BASELINE_MOST;
    let verdict = match (shift.low >= least, shift.high < least) {
        (true, _) if is_useful || shift.low >= 1.0 => Verdict::Pass,
        (_, true) => Verdict::Fail,
        _ => Verdict::Inconclusive,
    };
    let (estimate, percent) = (Estimate::from(shift), |part: f64| part * 100.0);
    let tolerance = match is_useful {
        true => format!("tolerance {:.1} %", percent(tolerance)),
        false => format!("noise above {:.0} %", percent(confidence::BASELINE_MOST)),
    };
    Some(Case {
        name: saved.name(),
        verdict,
        text: format!("{estimate} times as good, {tolerance}"),
    })
}

/// The largest difference between the medians of several results, a fraction.
fn between(samples: &[Vec<f64>]) -> f64 {
    let medians = samples
        .iter()
        .filter_map(|values| median(values.iter().copied()));
    let least = medians.clone().fold(f64::INFINITY, f64::min);
    let most = medians.fold(0.0, f64::max);
    match least > 0.0 && least.is_finite() {
        true => most / least - 1.0,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(middle: f64) -> Vec<f64> {
        let off = [-0.9, -0.5, -0.2, 0.0, 0.1, 0.4, 0.8];
        off.map(|d| middle * (1.0 + d / 100.0)).into()
    }

    fn verdict(samples: &[f64], more_is_better: bool, now: f64) -> Verdict {
        let saved = Saved {
            scenario: "p".into(),
            at: Point::new(),
            more_is_better,
            samples: samples.iter().map(|middle| around(*middle)).collect(),
        };
        let case = case(confidence::BASELINE_FLOOR, &saved, &around(now));
        case.unwrap().verdict
    }

    #[test]
    fn worse_by_a_tenth_fails_and_better_by_a_tenth_passes() {
        assert_eq!(verdict(&[100.0], true, 90.0), Verdict::Fail);
        assert_eq!(verdict(&[100.0], true, 110.0), Verdict::Pass);
        assert_eq!(verdict(&[100.0], false, 110.0), Verdict::Fail);
        assert_eq!(verdict(&[100.0], true, 100.1), Verdict::Pass);
    }

    /// A baseline whose noise would let anything pass decides nothing.
    #[test]
    fn noise_above_the_limit_is_inconclusive() {
        let saved = Saved {
            scenario: "p".into(),
            at: Point::new(),
            more_is_better: true,
            samples: vec![vec![1e-3, 5.0, 100.0, 7.0, 2.0, 130.0]],
        };
        let case = case(confidence::BASELINE_FLOOR, &saved, &[60.0, 0.1, 3.0, 9.0]).unwrap();
        assert_eq!(case.verdict, Verdict::Inconclusive);
        assert!(case.text.ends_with("noise above 100 %"), "{}", case.text);
    }

    /// Two results of the same code lie 15 % apart.
    #[test]
    fn variation_between_results_is_tolerated() {
        assert_ne!(verdict(&[100.0, 115.0], true, 95.0), Verdict::Fail);
    }
}

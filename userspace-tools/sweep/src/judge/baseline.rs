// SPDX-License-Identifier: GPL-2.0

//! Baseline: the boots of saved results, and later results compared with them.

use std::path::Path;

use serde::{Deserialize, Serialize};
use statistics::{confidence::FAMILY, Estimate, Scale};

use crate::{
    console::usage::Usage,
    judge::{
        cell::{all_cells, Cell},
        decide::{decide, Finding, Limit},
        label::{self, suffix, Label},
        verdict::Case,
    },
    plan::{
        rule::Op,
        setting::{words, Point},
    },
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

/// A cell: the values of each boot of the results.
#[derive(Debug, Deserialize, Serialize)]
pub struct Saved {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    more_is_better: bool,
    boots: Vec<Vec<f64>>,
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
            let boots = cell.by_boot("value").map_err(Usage)?;
            let same = |saved: &&mut Saved| cell.is_at(&saved.scenario, &saved.at);
            match self.cells.iter_mut().find(same) {
                Some(saved) => saved.boots.extend(boots),
                None => self.cells.push(Saved {
                    more_is_better: cell.more_is_better(),
                    boots,
                    scenario: cell.scenario,
                    at: cell.at,
                }),
            }
        }
        Ok(())
    }

    /// The verdicts on the cells of the baseline in the result `dir`: FAIL if one is worse by more than
    /// `margin`.
    pub fn check(&self, loaded: &Loaded, dir: &Path, margin: f64) -> Result<Vec<Case>, Usage> {
        self.check_origin(loaded, dir)?;
        let cells = all_cells(loaded);
        let findings = self.cells.iter().map(|saved| {
            let mut cells = cells.iter();
            let cell = cells.find(|cell| cell.is_at(&saved.scenario, &saved.at));
            let cell = cell.ok_or_else(|| "no run in this result".to_string());
            match cell.and_then(|cell| saved.goodness(cell)) {
                Ok(ratio) => Finding::Estimated(ratio, least(margin)),
                Err(why) => Finding::Nothing(why),
            }
        });
        let findings: Vec<Finding> = findings.collect();
        let cases = self.cells.iter().zip(decide(&findings, FAMILY));
        let cases = cases.map(|(saved, decided)| {
            let label = suffix(saved.label(&cells));
            let text = format!("times as good: {}{label}", decided.text());
            Case::new(saved.name(), decided.verdict, text)
        });
        Ok(cases.collect())
    }
}

/// As good as before but for `margin`.
fn least(margin: f64) -> Limit {
    Limit {
        op: Op::AtLeast,
        bound: 1.0 / (1.0 + margin),
    }
}

impl Saved {
    fn name(&self) -> String {
        format!("{} {}", self.scenario, words(&self.at))
    }

    /// Kind and tier of its cell among `now`.
    fn label(&self, now: &[Cell]) -> Option<Label> {
        let mut cells = now.iter();
        let cell = cells.find(|cell| cell.is_at(&self.scenario, &self.at))?;
        label::of_cell(cell, "value")
    }

    /// How many times as good as before it is now.
    fn goodness(&self, now: &Cell) -> Result<Estimate, String> {
        let of = |boots: &[Vec<f64>]| {
            Estimate::of(Scale::Ratio, boots).ok_or_else(|| "a rate is zero".to_string())
        };
        let ratio = of(&now.by_boot("value")?)?.over(&of(&self.boots)?);
        Ok(match self.more_is_better {
            true => ratio,
            false => ratio.inverted(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::verdict::Verdict;

    /// The verdict on six boots around `now`, after six around 100.
    fn verdict(now: f64, noise: f64) -> Verdict {
        let boots = |middle: f64| {
            let off = [-1.0, -0.5, 0.1, 0.2, 0.4, 0.8];
            let boots = off.map(|d| vec![middle * (1.0 + d * noise)]);
            Estimate::of(Scale::Ratio, &boots).unwrap()
        };
        let ratio = boots(now).over(&boots(100.0));
        decide(&[Finding::Estimated(ratio, least(0.02))], FAMILY)[0].verdict
    }

    #[test]
    fn worse_by_a_tenth_fails_and_better_by_a_tenth_passes() {
        assert_eq!(verdict(90.0, 0.01), Verdict::Fail);
        assert_eq!(verdict(110.0, 0.01), Verdict::Pass);
        assert_eq!(verdict(100.1, 0.01), Verdict::Pass);
    }

    /// Noise never widens what is tolerated: it leaves the question open.
    #[test]
    fn noise_is_inconclusive() {
        assert_eq!(verdict(90.0, 0.3), Verdict::Inconclusive);
        assert_eq!(verdict(100.0, 0.3), Verdict::Inconclusive);
    }
}

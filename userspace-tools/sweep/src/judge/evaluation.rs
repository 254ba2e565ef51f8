// SPDX-License-Identifier: GPL-2.0

//! Everything that is judged about one result, computed once.
//!
//! Records become cells, and oracles and rules are evaluated over them. A command makes one
//! [`Evaluation`] for each result and passes it on: tables and charts draw `parts[…].cells`, the
//! text and the page print `parts[…].faults` and `parts[…].rules`, JUnit and KTAP write
//! [`Evaluation::cases`], `figures.json` holds `figures`, and the exit code is
//! [`Evaluation::verdict`]. Nothing outside `judge` evaluates a rule or an oracle.

use super::{
    cell::{cells, Cell},
    figures::{self, Figures},
    oracle::{self, Fault},
    rules::{self, Judged},
    verdict::{Case, Verdict},
};
use crate::{
    plan::experiment::{Experiment, Part},
    store::{loaded::Loaded, provenance::Provenance, record::Record},
};

/// What is judged about a result.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The experiment as it was run.
    pub experiment: &'a Experiment,
    /// Each part with its verdicts.
    pub parts: Vec<EvaluatedPart<'a>>,
    /// The figures by name.
    pub figures: Figures,
    /// Why the result is incomplete, if it is.
    pub incomplete: Option<String>,
}

/// What is judged about a part.
#[derive(Debug)]
pub struct EvaluatedPart<'a> {
    /// The part.
    pub part: &'a Part,
    /// Its runs by parameter point.
    pub cells: Vec<Cell>,
    /// Runs whose oracle is not as expected.
    pub faults: Vec<Fault>,
    /// Its rules at every point where they apply.
    pub rules: Vec<Judged>,
}

impl<'a> Evaluation<'a> {
    /// Evaluates `records`.
    pub fn new(
        experiment: &'a Experiment,
        provenance: &Provenance,
        records: &[Record],
        incomplete: Option<String>,
    ) -> anyhow::Result<Self> {
        let parts = experiment.parts.iter().map(|part| {
            let cells = cells(experiment, part, records)?;
            anyhow::Ok(EvaluatedPart {
                part,
                faults: oracle::faults(part, records)?,
                rules: rules::judge(experiment, part, &cells).map_err(anyhow::Error::msg)?,
                cells,
            })
        });
        let parts: Vec<EvaluatedPart> = parts.collect::<anyhow::Result<_>>()?;
        let mut figures = figures::of_result(experiment, provenance);
        for EvaluatedPart {
            part,
            cells,
            faults,
            ..
        } in &parts
        {
            figures.extend(figures::of_part(part, cells, faults.len()));
        }
        let tables = parts.iter().filter(|part| !part.cells.is_empty()).count();
        let faults: usize = parts.iter().map(|part| part.faults.len()).sum();
        figures.insert("tables".into(), tables as f64);
        figures.insert("faults".into(), faults as f64);
        Ok(Self {
            figures,
            experiment,
            parts,
            incomplete,
        })
    }

    /// Evaluates a result that was read back.
    pub fn of(loaded: &'a Loaded) -> anyhow::Result<Self> {
        let Loaded {
            experiment,
            provenance,
            records,
            incomplete,
        } = loaded;
        Self::new(experiment, provenance, records, incomplete.clone())
    }

    /// Number of runs that count.
    pub fn runs(&self) -> usize {
        self.parts.iter().map(EvaluatedPart::runs).sum()
    }

    /// Runs whose oracle is not as expected.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.parts.iter().flat_map(|part| &part.faults)
    }

    /// The verdicts of all rules.
    pub fn rules(&self) -> impl Iterator<Item = &Judged> {
        self.parts.iter().flat_map(|part| &part.rules)
    }

    /// Whether every run is there and its oracle as expected.
    pub fn is_sound(&self) -> bool {
        self.faults().next().is_none() && self.incomplete.is_none()
    }

    /// The verdict on all of it.
    pub fn verdict(&self) -> Verdict {
        Verdict::worst(self.rules().map(|rule| rule.verdict)).max(self.is_sound().into())
    }

    /// Every verdict: on the oracle of each part, and on each rule.
    pub fn cases(&self) -> Vec<Case> {
        let oracles = self.parts.iter().map(EvaluatedPart::oracle);
        oracles.chain(self.rules().map(Judged::case)).collect()
    }
}

impl EvaluatedPart<'_> {
    /// Number of runs that count.
    pub fn runs(&self) -> usize {
        self.cells.iter().map(|cell| cell.reports.len()).sum()
    }

    /// The verdict on its oracle, with the first faults.
    pub fn oracle(&self) -> Case {
        const FEW: usize = 3;
        let mut faults: Vec<String> = self.faults.iter().take(FEW).map(Fault::to_string).collect();
        if self.faults.len() > FEW {
            faults.push(format!("and {} more", self.faults.len() - FEW));
        }
        Case {
            name: format!("{}: oracle of {} runs", self.part.name, self.runs()),
            verdict: self.faults.is_empty().into(),
            text: faults.join("; "),
        }
    }
}

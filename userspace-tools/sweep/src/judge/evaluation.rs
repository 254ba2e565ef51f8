// SPDX-License-Identifier: GPL-2.0

//! Everything that is judged about one result, computed once.
//!
//! Records become cells, and oracles and rules are evaluated over them. A command makes one
//! [`Evaluation`] for each result and passes it on: tables and charts draw `scenarios[…].cells`, the
//! text and the page print `scenarios[…].faults` and `scenarios[…].rules`, JUnit and KTAP write
//! [`Evaluation::cases`], `figures.json` holds `figures`, and the exit code is
//! [`Evaluation::verdict`]. Nothing outside `judge` evaluates a rule or an oracle.

use vm_record::Tier;

use super::{
    attribution::Attribution,
    cell::{cells, Cell},
    costs::Measured,
    figures::{self, Compared, Figures, Number},
    label::{self, Caption, Label},
    line::{self, Fitted},
    oracle::{self, Fault},
    prediction::{self, Prediction},
    regret::{self, Regret},
    rules::{self, Judged},
    verdict::{Case, Verdict},
};
use crate::{
    plan::experiment::{Compare, Experiment, Scenario},
    plan::line::Line,
    store::{loaded::Loaded, notes::Notes, provenance::Provenance, record::Record},
};

/// What is judged about a result.
#[derive(Debug)]
pub struct Evaluation<'a> {
    pub experiment: &'a Experiment,
    /// Each scenario with its verdicts.
    pub scenarios: Vec<EvaluatedScenario<'a>>,
    pub figures: Figures,
    /// The costs in instructions; none in another tier than `count`.
    pub costs: Measured,
    /// Why the result is incomplete, if it is.
    pub incomplete: Option<String>,
}

/// What is judged about a scenario.
#[derive(Debug)]
pub struct EvaluatedScenario<'a> {
    pub scenario: &'a Scenario,
    /// Why it was not run in one of the tiers, if it was not.
    pub skipped: Option<String>,
    /// Its runs by parameter point.
    pub cells: Vec<Cell>,
    /// Its comparisons, in the order of the file; the reason if one was not measured.
    pub compared: Vec<Result<Compared, String>>,
    /// The regret of each value of an axis; the reason if it was not measured.
    pub regrets: Result<Vec<Regret>, String>,
    /// Simulated rates beside measured ones, if it has that; the reason if it was not measured.
    pub prediction: Option<Result<Prediction, String>>,
    /// Its lines, likewise.
    pub lines: Vec<Result<Fitted, String>>,
    /// The kinds of the figures of its table.
    pub captions: Vec<Caption>,
    /// Runs whose oracle is not as expected.
    pub faults: Vec<Fault>,
    /// Its rules at every point where they apply.
    pub rules: Vec<Judged>,
    /// The causes given to long waits against injected preemptions, if it injects any; or why they were not
    /// compared.
    pub attribution: Option<Result<Attribution, String>>,
}

impl<'a> Evaluation<'a> {
    pub fn new(
        experiment: &'a Experiment,
        provenance: &Provenance,
        records: &[Record],
        incomplete: Option<String>,
    ) -> anyhow::Result<Self> {
        let mut found = Vec::new();
        let others = provenance.taken_by_others();
        let scenarios = experiment.scenarios.iter().map(|scenario| {
            let cells = cells(experiment, provenance, scenario, records);
            let skipped = experiment.skipped(scenario);
            if skipped.is_some() && cells.is_empty() {
                return Ok(EvaluatedScenario::skipped(scenario, skipped));
            }
            found.extend(
                rules::find(experiment, scenario, &cells, others).map_err(anyhow::Error::msg)?,
            );
            let evaluated = EvaluatedScenario::new(scenario, cells, provenance, records);
            anyhow::Ok(EvaluatedScenario {
                skipped,
                ..evaluated
            })
        });
        let mut scenarios: Vec<EvaluatedScenario> = scenarios.collect::<anyhow::Result<_>>()?;
        for rule in rules::judge(found, provenance.looks) {
            let mut all = scenarios.iter_mut();
            if let Some(one) = all.find(|one| one.scenario.name == rule.scenario) {
                one.rules.push(rule);
            }
        }
        let costs = match provenance.tier() == Tier::Count.name() {
            true => Measured::new(scenarios.iter().map(|one| (one.scenario, &one.cells[..]))),
            false => Measured::default(),
        };
        let mut figures = figures::of_result(experiment, provenance);
        figures.extend(costs.figures());
        let label = figures::counted(scenarios.iter().flat_map(|one| &one.cells));
        figures.extend(all_figures(&scenarios, label));
        let unlabelled = figures::unlabelled(&figures);
        debug_assert!(
            label.is_none() || unlabelled.is_empty(),
            "figures without a kind: {unlabelled:?}"
        );
        Ok(Self {
            figures,
            costs,
            experiment,
            scenarios,
            incomplete,
        })
    }

    /// Evaluates a result that was read back.
    pub fn of(loaded: &'a Loaded) -> anyhow::Result<Self> {
        let why = loaded.incomplete.clone();
        Self::new(&loaded.experiment, &loaded.provenance, &loaded.records, why)
    }

    /// Number of runs that count.
    pub fn runs(&self) -> usize {
        self.scenarios.iter().map(EvaluatedScenario::runs).sum()
    }

    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.scenarios.iter().flat_map(|scenario| &scenario.faults)
    }

    pub fn rules(&self) -> impl Iterator<Item = &Judged> {
        self.scenarios.iter().flat_map(|scenario| &scenario.rules)
    }

    /// Whether every run is there and its oracle as expected.
    pub fn is_sound(&self) -> bool {
        self.faults().next().is_none() && self.incomplete.is_none()
    }

    /// The worst verdict; an incomplete result, or one of which a part was not measured, is NOT MEASURED.
    pub fn verdict(&self) -> Verdict {
        let faults = self.faults().map(|fault| fault.verdict);
        let rules = self.rules().map(|rule| rule.verdict);
        let missing = self.incomplete.iter();
        let missing = missing.chain(self.scenarios.iter().flat_map(|one| one.unmeasured()));
        let missing = missing.map(|_| Verdict::NotMeasured);
        let any_run = (self.runs() > 0).then_some(Verdict::Pass);
        Verdict::worst(
            any_run
                .into_iter()
                .chain(faults)
                .chain(rules)
                .chain(missing),
        )
    }

    /// Every verdict: on the oracle of each scenario, on each rule, and on each part that was not measured.
    pub fn cases(&self) -> Vec<Case> {
        let oracles = self.scenarios.iter().flat_map(|one| {
            let skip = one.skip();
            let oracle = (one.runs() > 0 || skip.is_none()).then(|| one.oracle());
            oracle.into_iter().chain(skip).chain(one.missing())
        });
        oracles.chain(self.rules().map(Judged::case)).collect()
    }
}

/// The figures of all scenarios. Each has a kind and a tier, but for [`figures::FACTS`].
fn all_figures(scenarios: &[EvaluatedScenario<'_>], label: Option<Label>) -> Figures {
    let mut figures = Figures::new();
    for one in scenarios {
        let faults = one.faults.len();
        let own = figures::of_scenario(one.scenario, &one.cells, &one.compared, faults, label);
        figures.extend(own);
        figures.extend(figures::of_regrets(&one.regrets));
        if let Some(Ok(prediction)) = &one.prediction {
            figures.extend(figures::of_prediction(prediction));
        }
        figures.extend(figures::of_lines(one.scenario, &one.lines));
        if let Some(Ok(attribution)) = &one.attribution {
            figures.extend(attribution.figures(&one.scenario.name));
        }
    }
    let tables = scenarios.iter().filter(|one| !one.cells.is_empty()).count();
    let faults: usize = scenarios.iter().map(|scenario| scenario.faults.len()).sum();
    figures.insert("tables".into(), (tables as f64).into());
    figures.insert("faults".into(), Number::count(faults as f64, label));
    figures
}

impl<'a> EvaluatedScenario<'a> {
    /// What is judged about its runs, but for its rules.
    fn new(
        scenario: &'a Scenario,
        cells: Vec<Cell>,
        provenance: &Provenance,
        records: &[Record],
    ) -> Self {
        let all: Vec<&Cell> = cells.iter().collect();
        Self {
            faults: oracle::faults(scenario, records),
            compared: figures::compare(scenario, &cells),
            regrets: regret::regrets(scenario, &cells),
            prediction: prediction::predict(scenario, &cells),
            lines: line::fit(scenario, &cells, provenance),
            captions: label::captions(scenario, &all, &Notes::of(provenance)),
            attribution: Attribution::of(scenario, provenance, records),
            cells,
            ..Self::skipped(scenario, None)
        }
    }

    /// One that ran in no tier.
    fn skipped(scenario: &'a Scenario, skipped: Option<String>) -> Self {
        Self {
            scenario,
            skipped,
            cells: Vec::new(),
            compared: Vec::new(),
            regrets: Ok(Vec::new()),
            prediction: None,
            lines: Vec::new(),
            captions: Vec::new(),
            faults: Vec::new(),
            rules: Vec::new(),
            attribution: None,
        }
    }

    /// SKIP of the tiers in which it was not run, with the reason.
    fn skip(&self) -> Option<Case> {
        let why = self.skipped.clone()?;
        let name = format!("{}: runs in every tier", self.scenario.name);
        Some(Case::new(name, Verdict::Skip, why))
    }

    /// NOT MEASURED of each part that was not.
    fn missing(&self) -> impl Iterator<Item = Case> + '_ {
        let name = &self.scenario.name;
        self.unmeasured().map(move |why| {
            let name = format!("{name}: every part is measured");
            Case::new(name, Verdict::NotMeasured, why.clone())
        })
    }

    /// Number of runs that count.
    pub fn runs(&self) -> usize {
        self.cells.iter().map(|cell| cell.reports.len()).sum()
    }

    /// Its comparisons with what was measured.
    pub fn comparisons(&self) -> impl Iterator<Item = (&Compare, &Result<Compared, String>)> {
        self.scenario.compare.iter().zip(&self.compared)
    }

    /// Why each part that the plan asks for was not measured, of those that were not.
    fn unmeasured(&self) -> impl Iterator<Item = &String> {
        let compared = self.compared.iter().filter_map(|one| one.as_ref().err());
        let lines = self.lines.iter().filter_map(|one| one.as_ref().err());
        let predicted = self.prediction.iter().filter_map(|one| one.as_ref().err());
        let attribution = self.attribution.iter();
        let attribution = attribution.filter_map(|one| one.as_ref().err());
        let regrets = self.regrets.as_ref().err();
        let all = compared.chain(lines).chain(predicted);
        all.chain(attribution).chain(regrets)
    }

    /// Its lines with what was measured.
    pub fn fitted(&self) -> impl Iterator<Item = (&Line, &Result<Fitted, String>)> {
        self.scenario.lines.iter().zip(&self.lines)
    }

    fn oracle_verdict(&self) -> Verdict {
        let any_run = (self.runs() > 0).then_some(Verdict::Pass);
        let faults = self.faults.iter().map(|fault| fault.verdict);
        Verdict::worst(any_run.into_iter().chain(faults))
    }

    /// The verdict on its oracle, with the first faults.
    pub fn oracle(&self) -> Case {
        const FEW: usize = 3;
        let mut faults: Vec<String> = self.faults.iter().take(FEW).map(Fault::to_string).collect();
        if self.faults.len() > FEW {
            faults.push(format!("and {} more", self.faults.len() - FEW));
        }
        let name = format!("{}: oracle of {} runs", self.scenario.name, self.runs());
        Case::new(name, self.oracle_verdict(), faults.join("; "))
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A step of a claim file: an experiment, or commands in a guest or on the host, and the figures of
//! the records that they print.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use vm_record::Tier;

use super::{
    commands::{self, Command},
    figure::Figure,
    measure::{self, How, Measured},
};
use crate::{
    console::progress::Spinner,
    judge::{
        figures::{Figures, OTHERS},
        verdict::Verdict,
    },
    plan::{experiment::Experiment, guests::Guests},
};

/// The fewest boots of an estimate that a claim may rest on; two of the tier `count`, which repeats itself.
const BOOTS: u32 = 6;
const COUNT_BOOTS: u32 = 2;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    /// The environment variable that enables it, if it is too expensive to run by default.
    pub only_with: Option<String>,
    /// An experiment: its name in scripts/experiments without `.toml`. Its figures are the step's.
    pub experiment: Option<String>,
    /// Where experiments are.
    #[serde(skip)]
    pub experiments: PathBuf,
    /// Guests, in which `run` runs in every boot.
    pub guest: Option<Guests>,
    /// Commands in the guests.
    #[serde(default, deserialize_with = "commands::read")]
    pub run: Vec<Command>,
    /// Commands on the host, where `$DIR` is a directory for their files; with `guest` they run before
    /// every boot.
    #[serde(default, deserialize_with = "commands::read")]
    pub host: Vec<Command>,
    /// How often the commands on the host run, in new processes each time: estimates take each as a boot.
    pub rounds: Option<u32>,
    /// A file that the commands on the host leave, with records.
    pub records: Option<String>,
    /// Figures of the records.
    #[serde(default, rename = "figure")]
    pub figures: Vec<Figure>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// It did what it had to, and these are its figures; `exit` and `seconds` are among them.
    Ran(Figures),
    /// It failed; these were measured nevertheless.
    Failed(String, Figures),
    /// It is too expensive to run by default.
    Skipped(String),
}

pub type Steps = BTreeMap<String, StepResult>;

/// The figure of runs that have no report, or an oracle that is not as expected, of an experiment that has some.
const FAULTS: &str = "faults";
/// The figure of those among them of which an oracle is broken.
const FAILED: &str = "faults.failed";

impl StepResult {
    /// How many of its runs have no report, or an oracle that is not as expected, and the worst verdict on them. Claims
    /// need not have noticed them.
    pub fn faults(&self) -> Option<(usize, Verdict)> {
        let figures = self.figures()?;
        let count = |name| {
            figures
                .get(name)
                .map_or(0, |number| number.value() as usize)
        };
        let verdict = match count(FAILED) {
            0 => Verdict::NotMeasured,
            _ => Verdict::Fail,
        };
        Some((count(FAULTS), verdict)).filter(|(faults, _)| *faults > 0)
    }

    /// The figures of a step that did not fail.
    pub fn figures(&self) -> Option<&Figures> {
        match self {
            Self::Ran(figures) => Some(figures),
            Self::Failed(..) | Self::Skipped(_) => None,
        }
    }
}

impl Step {
    pub fn how(&self) -> Result<How<'_>, String> {
        let (experiment, guest) = (self.experiment.as_deref(), self.guest.as_ref());
        let (run, host) = (self.run.is_empty(), self.host.is_empty());
        let rounds = self.rounds.unwrap_or(1);
        if rounds == 0 || (self.rounds.is_some() && (host || guest.is_some())) {
            let name = &self.name;
            return Err(format!(
                "step `{name}`: rounds = {rounds}: allowed: 1 or more, of `host`"
            ));
        }
        Ok(match (experiment, guest) {
            (Some(name), None) if run && host => {
                How::Experiment(self.experiments.join(format!("{name}.toml")))
            }
            (None, Some(guest)) if !run => How::Guest(guest, &self.run, &self.host),
            (None, None) if run && !host => How::Host(&self.host, rounds, self.records.as_deref()),
            _ => {
                return Err(format!(
                    "step `{}`: allowed: one of `experiment`, `guest` with `run`, `host`; `host` beside `guest`, too",
                    self.name
                ));
            }
        })
    }

    /// Refuses a metric of runs of several modules: a module that lacks it would leave the figure out.
    fn check_modules(&self, experiment: &Experiment) -> Result<(), String> {
        let mut modules = experiment.scenarios.iter().map(|one| one.module);
        let first = modules.next();
        if modules.all(|module| Some(module) == first) {
            return Ok(());
        }
        let has_metric = |figure: &&Figure| figure.metric.is_some();
        for figure in self.figures.iter().filter(has_metric) {
            let patterns = [Some(&figure.of), figure.to.as_ref()];
            if patterns
                .into_iter()
                .flatten()
                .any(|of| !of.contains_key("module"))
            {
                let name = &figure.name;
                return Err(format!(
                    "figure `{name}`: the experiment runs several modules. Try: `module` in `of`"
                ));
            }
        }
        Ok(())
    }

    /// Refuses a step that cannot run, and one whose estimates have too few boots.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |why: String| format!("step `{}`: {why}", self.name);
        for figure in &self.figures {
            figure.check().map_err(wrong)?;
        }
        for (n, figure) in self.figures.iter().enumerate() {
            let is_base = |one: &Figure| Some(&one.name) == figure.over.as_ref() && one.is_ratio();
            if figure.over.is_some() && !self.figures[..n].iter().any(is_base) {
                let name = &figure.name;
                let why = format!("figure `{name}`: `over` is no earlier ratio of this step");
                return Err(wrong(why));
            }
        }
        let estimate = self.figures.iter().find(|figure| figure.is_estimate());
        let boots = match self.how()? {
            How::Experiment(path) => {
                let experiment =
                    Experiment::read(&path).map_err(|error| wrong(format!("{error:#}")))?;
                self.check_modules(&experiment).map_err(wrong)?;
                let boots = experiment.guest.rounds(1, experiment.repeats);
                // Its other figures, as costs in instructions, are exact.
                let compares = experiment
                    .scenarios
                    .iter()
                    .any(|one| !one.compare.is_empty());
                let estimates = compares || estimate.is_some();
                estimates.then_some((boots, fewest(&experiment.guest)))
            }
            How::Guest(guest, ..) => {
                guest.check().map_err(wrong)?;
                estimate.and(Some((guest.boots.unwrap_or(1), fewest(guest))))
            }
            How::Host(_, rounds, _) => estimate.and(Some((rounds, BOOTS))),
        };
        match boots.filter(|(boots, fewest)| boots < fewest) {
            Some((boots, fewest)) => Err(wrong(format!(
                "estimates of {boots} boots; allowed: {fewest} or more, or `take` of a number that is exact"
            ))),
            None => Ok(()),
        }
    }

    /// Runs it; its files are kept in `results`.
    pub fn run(&self, results: &Path) -> anyhow::Result<StepResult> {
        if let Some(name) = &self.only_with {
            if std::env::var(name).map_or(true, |value| value.is_empty() || value == "0") {
                return Ok(StepResult::Skipped(format!("{name}=1 runs it")));
            }
        }
        let dir = std::path::absolute(results.join(&self.name))?;
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let how = self.how().map_err(anyhow::Error::msg)?;
        let spinner = Spinner::begin(&self.name);
        let began = Instant::now();
        let measured = measure::measure(&how, &dir)?;
        let took = began.elapsed();
        spinner.end(took, measured.exit);
        let Measured {
            mut figures,
            records,
            faults,
            others,
            exit,
            failed,
        } = measured;
        if !faults.is_empty() {
            let failed = faults.iter().filter(|fault| **fault == Verdict::Fail);
            figures.insert(FAILED.into(), (failed.count() as f64).into());
            figures.insert(FAULTS.into(), (faults.len() as f64).into());
        }
        if let Some(part) = statistics::median(others) {
            figures.insert(OTHERS.into(), part.into());
        }
        figures.insert("exit".into(), f64::from(exit).into());
        figures.insert("seconds".into(), took.as_secs_f64().into());
        for figure in &self.figures {
            let number = figure.find(&records);
            let number = match &figure.over {
                None => number,
                Some(base) => number.and_then(|number| number.over(figures.get(base)?)),
            };
            if let Some(number) = number {
                figures.insert(figure.name.clone(), number);
            }
        }
        Ok(match failed {
            Some(why) => StepResult::Failed(why, figures),
            None => StepResult::Ran(figures),
        })
    }
}

fn fewest(guests: &Guests) -> u32 {
    let is_count = guests.tier.all() == [Tier::Count.name()];
    if is_count {
        COUNT_BOOTS
    } else {
        BOOTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str) -> Step {
        toml::from_str(&format!("name = 't'\n{text}")).unwrap()
    }

    fn run(text: &str) -> StepResult {
        step(text).run(tempfile::tempdir().unwrap().path()).unwrap()
    }

    #[test]
    fn figures_are_of_the_records_that_commands_print() {
        let text = r#"host = ["echo '{\"n\":7}'", "echo '{\"n\":5}'", "echo no record"]
            figure = [{ name = 'n', metric = 'n', take = 'sum' },
                { name = 'second', of = { command = 2 }, metric = 'n', take = 'max' },
                { name = 'exits', of = { exit = 0 }, take = 'count' }]"#;
        let StepResult::Ran(figures) = run(text) else {
            panic!("it does not fail")
        };
        let found = ["n", "second", "exits", "exit"].map(|name| figures[name].value());
        assert_eq!(found, [12.0, 5.0, 3.0, 0.0]);
    }

    #[test]
    fn metric_of_an_experiment_of_several_modules_names_one() {
        let check = |of: &str| {
            let text =
                format!("experiment = 'seed-001'\nfigure = [{{ name = 'n', {of}, take = 'sum' }}]");
            let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
            let experiments = scripts.join("experiments");
            let step = Step {
                experiments,
                ..step(&text)
            };
            step.check()
        };
        let refused = check("of = { lock = 'ticket' }, metric = 'overtaken'");
        assert!(refused.unwrap_err().contains("Try: `module`"));
        assert_eq!(
            check("of = { module = 'lock-load', lock = 'ticket' }, metric = 'overtaken'"),
            Ok(())
        );
    }

    #[test]
    fn rounds_on_the_host_are_the_boots_of_an_estimate() {
        let text = r#"host = "echo '{\"n\":7}'"
            figure = [{ name = 'n', metric = 'n' }, { name = 'all', metric = 'n', take = 'sum' }]"#;
        assert!(step(text).check().unwrap_err().contains("1 boots"));
        let text = format!("rounds = 6\n{text}");
        assert_eq!(step(&text).check(), Ok(()));
        let StepResult::Ran(figures) = run(&text) else {
            panic!("it does not fail")
        };
        assert_eq!((figures["n"].value(), figures["all"].value()), (7.0, 42.0));
        for text in [
            "rounds = 0\nhost = 'true'",
            "rounds = 6\nexperiment = 'none'",
        ] {
            assert!(step(text).check().unwrap_err().contains("rounds"));
        }
    }

    #[test]
    fn command_that_fails_is_named_unless_it_may() {
        let StepResult::Failed(why, figures) = run("host = ['true', 'sh -c \"exit 3\"', 'true']")
        else {
            panic!("it fails")
        };
        assert!(why.contains("exit 3"), "{why}");
        assert_eq!(figures["exit"].value(), 3.0);
        let may = "host = { command = 'sh -c \"exit 3\"', may_fail = true }\n\
            figure = [{ name = 'code', metric = 'exit', take = 'max' }]";
        let StepResult::Ran(figures) = run(may) else {
            panic!("it may")
        };
        assert_eq!(figures["code"].value(), 3.0);
    }

    #[test]
    fn records_are_read_from_a_file_too() {
        let text = "host = 'cp /dev/null $DIR/x'\nrecords = '$DIR/x'\n\
            figure = [{ name = 'n', metric = 'n', take = 'sum' }]";
        let StepResult::Ran(figures) = run(text) else {
            panic!("it does not fail")
        };
        assert!(!figures.contains_key("n"));
        let old = tempfile::NamedTempFile::new().unwrap();
        let hour = std::time::Duration::from_secs(3600);
        let then = std::time::SystemTime::now() - hour;
        old.as_file().set_modified(then).unwrap();
        let stale = run(&format!(
            "host = 'true'\nrecords = '{}'",
            old.path().display()
        ));
        assert!(matches!(stale, StepResult::Failed(why, _) if why.contains("did not write it")));
        let missing = run("host = 'true'\nrecords = '$DIR/x'");
        assert!(matches!(missing, StepResult::Failed(why, _) if why.contains("cannot read")));
    }

    #[test]
    fn expensive_step_is_skipped_by_default() {
        let result = run("host = 'true'\nonly_with = 'SWEEP_TEST_UNSET'");
        assert!(matches!(result, StepResult::Skipped(why) if why.contains("=1 runs it")));
    }

    #[test]
    fn step_measures_in_one_way_and_in_enough_boots() {
        let guest = "guest = { vcpus = 2, cpus = 'all', memory = 512, tier = 'tcg', boots = 5 }";
        let figure = "figure = [{ name = 'n', metric = 'n' }]";
        for (text, why) in [
            ("", "allowed: one of"),
            ("host = 'true'\nrun = 'true'", "allowed: one of"),
            ("run = 'true'", "allowed: one of"),
            (&format!("host = 'true'\n{figure}"), "estimates of 1 boots"),
            (
                &format!("{guest}\nrun = 'true'\n{figure}"),
                "estimates of 5 boots",
            ),
            ("experiment = 'none'", "none.toml"),
            (
                &format!("{guest}\nrun = 'true'\nfigure = [{{ name = 'n', metric = 'n', to.a = 1, over = 'm' }}]"),
                "`over` is no earlier ratio",
            ),
        ] {
            let error = step(text).check().unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let count = guest.replace("tcg", "count").replace('5', "2");
        assert_eq!(
            step(&format!("{count}\nrun = 'true'\n{figure}")).check(),
            Ok(())
        );
        let six = guest.replace('5', "6");
        assert_eq!(
            step(&format!("{six}\nrun = 'true'\n{figure}")).check(),
            Ok(())
        );
    }
}

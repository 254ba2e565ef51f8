// SPDX-License-Identifier: GPL-2.0

//! A step of a claim file: a command as a user gives it, and the figures read from its output.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{bail, Context};
use cpu_list::CpuList;
use serde::{Deserialize, Serialize};

use super::figure::{self, Figure};
use crate::{
    console::interrupt::{self, Guarded},
    console::progress::Spinner,
    judge::figures::{Figures, Number},
    store::{directory, times::STARTED},
};
use statistics::{Estimate, Sample, Scale};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    /// A line for `sh`; `$DIR` is a directory for its files, `$CPUS` lists the host's CPUs.
    pub command: String,
    /// Number of repeats; a figure is the estimate over them, beside `NAME.max` and `NAME.min`.
    #[serde(default = "once")]
    pub times: u32,
    /// The environment variable that enables it, if it is too expensive to run by default.
    pub only_with: Option<String>,
    /// Whether it is an experiment, whose result directory, made in `$DIR`, holds figures.
    #[serde(default)]
    pub experiment: bool,
    /// Figures read from its output and files.
    #[serde(default, rename = "figure")]
    pub figures: Vec<Figure>,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// It exited with 0, and these are its figures; `exit` and `seconds` are among them.
    Ran(Figures),
    /// It failed; these were measured nevertheless.
    Failed(String, Figures),
    /// It is too expensive to run by default.
    Skipped(String),
}

pub type Steps = BTreeMap<String, StepResult>;

impl StepResult {
    /// The figures of a step that did not fail.
    pub fn figures(&self) -> Option<&Figures> {
        match self {
            Self::Ran(figures) => Some(figures),
            Self::Failed(..) | Self::Skipped(_) => None,
        }
    }
}

impl Step {
    pub fn check(&self) -> Result<(), String> {
        if !(1..=100).contains(&self.times) {
            let (name, times) = (&self.name, self.times);
            return Err(format!("step `{name}`: times = {times} (allowed: 1..=100)"));
        }
        let mut known: Vec<&str> = Vec::new();
        for figure in &self.figures {
            // An experiment's own figures are known only after its run.
            let unknown = |term: &&String| !self.experiment && !known.contains(&term.as_str());
            if let Some(term) = figure.terms().find(unknown) {
                return Err(format!(
                    "step `{}`: figure `{}`: no figure `{term}` before it",
                    self.name, figure.name
                ));
            }
            known.push(&figure.name);
        }
        Ok(())
    }

    /// Runs it; its output is kept in `results`.
    pub fn run(&self, results: &Path) -> anyhow::Result<StepResult> {
        if let Some(name) = &self.only_with {
            if std::env::var(name).map_or(true, |value| value.is_empty() || value == "0") {
                return Ok(StepResult::Skipped(format!("{name}=1 runs it")));
            }
        }
        let mut all: Vec<Figures> = Vec::new();
        for time in 1..=self.times {
            let dir = results.join(match self.times {
                1 => self.name.clone(),
                _ => format!("{}-{time}", self.name),
            });
            let figures = self.run_once(&std::path::absolute(dir)?)?;
            let failed = figures.get("exit") != Some(&Number::Exact(0.0));
            all.push(figures);
            if failed {
                break;
            }
        }
        let figures = middle(&all);
        let exit = figures.get("exit.max").or(figures.get("exit"));
        let failed = exit != Some(&Number::Exact(0.0));
        Ok(match failed {
            true => StepResult::Failed(format!("`{}` failed", self.command.trim()), figures),
            false => StepResult::Ran(figures),
        })
    }

    fn run_once(&self, dir: &Path) -> anyhow::Result<Figures> {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let log = dir.join("log");
        let file = File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
        let cpus = CpuList::allowed()?;
        let spinner = Spinner::begin(&self.name);
        let began = Instant::now();
        let mut command = Command::new("sh");
        if self.experiment {
            command.env(directory::RESULTS, dir);
        }
        let mut child = command
            .args(["-euc", &self.command])
            .env("DIR", dir)
            .env("CPUS", cpus.to_string())
            .env_remove(STARTED)
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("cannot start sh")?;
        let guarded = Guarded::new(&child);
        let status = child.wait()?;
        drop(guarded);
        if let Some(signal) = interrupt::signal() {
            bail!("interrupted (signal {signal})");
        }
        let took = began.elapsed();
        let exit = status.code().unwrap_or(-1);
        spinner.end(took, exit);
        let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let mut figures = Figures::from([
            ("exit".into(), f64::from(exit).into()),
            ("seconds".into(), took.as_secs_f64().into()),
        ]);
        if self.experiment {
            figures.extend(figure::of_experiment(&output));
        }
        for figure in &self.figures {
            if let Some(value) = figure.find(dir, &output, &figures) {
                figures.insert(figure.name.clone(), value.into());
            }
        }
        Ok(figures)
    }
}

/// The estimates over several repeats, with the extremes beside them. A figure that some repeat lacks
/// was not measured.
fn middle(all: &[Figures]) -> Figures {
    let [first, rest @ ..] = all else {
        return Figures::new();
    };
    if rest.is_empty() {
        return first.clone();
    }
    let mut figures = Figures::new();
    for name in first.keys() {
        let values = all.iter().filter_map(|one| Some(one.get(name)?.value()));
        let values: Vec<f64> = values.collect();
        let repeats: Vec<Vec<f64>> = values.iter().map(|value| vec![*value]).collect();
        let sample = Sample::of(values).filter(|sample| sample.n == all.len());
        let estimate = Estimate::of(Scale::Linear, &repeats);
        if let Some((sample, estimate)) = sample.zip(estimate) {
            figures.insert(name.clone(), estimate.into());
            figures.insert(format!("{name}.min"), sample.min.into());
            figures.insert(format!("{name}.max"), sample.max.into());
        }
    }
    figures
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

    fn figures(text: &str) -> Figures {
        run(text).figures().expect("the step does not fail").clone()
    }

    #[test]
    fn figures_are_read_from_the_output() {
        let text = "command = 'echo 7 passed; echo 5 passed'\n\
                    figure = [{ name = 'n', pattern = '(\\d+) passed', take = 'sum' }]";
        let figures = figures(text);
        assert_eq!((figures["n"].value(), figures["exit"].value()), (12.0, 0.0));
    }

    #[test]
    fn experiment_leaves_its_result_with_the_others_of_its_step() {
        let root = tempfile::tempdir().unwrap();
        let text = "command = 'test \"${SLOWPATH_RESULTS:-}\" = \"$DIR\"'";
        for (experiment, exit) in [(true, 0.0), (false, 1.0)] {
            let step = step(&format!("{text}\nexperiment = {experiment}"));
            let result = step.run(root.path()).unwrap();
            let (StepResult::Ran(figures) | StepResult::Failed(_, figures)) = result else {
                panic!("it is run")
            };
            assert_eq!(figures["exit"].value(), exit, "{experiment}");
        }
    }

    #[test]
    fn ratio_is_of_figures_that_stand_before_it() {
        let text = "command = 'echo a 6; echo b 4'\nfigure = [{ name = 'a', pattern = 'a (.)' }, \
                    { name = 'b', pattern = 'b (.)' }, { name = 'n', of = 'a', to = 'b' }]";
        step(text).check().unwrap();
        assert_eq!(figures(text)["n"].value(), 1.5);
        let wrong = step("command = 'true'\nfigure = [{ name = 'n', of = 'a', to = 'b' }]");
        assert!(wrong.check().unwrap_err().contains("no figure `a`"));
    }

    #[test]
    fn failed_command_is_named_and_has_its_exit_code() {
        let StepResult::Failed(why, figures) = run("command = 'exit 3'") else {
            panic!("the step fails")
        };
        assert!(why.contains("exit 3"));
        assert_eq!(figures["exit"].value(), 3.0);
    }

    #[test]
    fn expensive_step_is_skipped_by_default() {
        let result = run("command = 'true'\nonly_with = 'SWEEP_TEST_UNSET'");
        assert!(matches!(result, StepResult::Skipped(why) if why.contains("=1 runs it")));
    }

    #[test]
    fn figure_of_several_repeats_is_an_estimate() {
        let text = "command = 'basename $DIR'\ntimes = 3\n\
                    figure = [{ name = 'n', pattern = 't-(\\d)' }]";
        let figures = figures(text);
        let found = ["n.min", "n", "n.max"].map(|name| figures[name].value());
        assert_eq!(found, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn figure_that_a_repeat_lacks_is_not_measured() {
        let some = Figures::from([("a".into(), 1.0.into()), ("b".into(), 2.0.into())]);
        let less = Figures::from([("a".into(), 3.0.into())]);
        let figures = middle(&[some, less]);
        assert_eq!(figures["a"].value(), 2.0);
        assert_eq!(figures.get("b"), None);
    }
}

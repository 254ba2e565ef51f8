// SPDX-License-Identifier: GPL-2.0

//! Reading and validation of experiment files.

use std::{collections::HashSet, fs, path::Path};

use crate::{
    console::usage::Usage,
    plan::{
        experiment::{Experiment, Scenario},
        question::{Axes, Question},
        rule::Rule,
    },
};

impl Experiment {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let next = "Try: a file in scripts/experiments/";
        let text = fs::read_to_string(path)
            .map_err(|error| Usage(format!("cannot read {shown}: {error}. {next}")))?;
        Self::parse(&text).map_err(|why| Usage(format!("cannot use {shown}: {why}")).into())
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let experiment: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        experiment.check()?;
        Ok(experiment)
    }

    /// Refuses an experiment that cannot be run.
    pub fn check(&self) -> Result<(), String> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let mut seen = HashSet::new();
        let mut names = self.scenarios.iter().map(|scenario| &scenario.name);
        if self.name.is_empty() || !self.name.chars().all(is_allowed) {
            let name = &self.name;
            Err(format!("name = `{name}`: allowed: letters, digits and `-`"))
        } else if !(1..=10_000).contains(&self.repeats) {
            Err(format!("repeats = {}: allowed: 1..=10000", self.repeats))
        } else if self.warm_up > 100 {
            Err(format!("warm_up = {}: allowed: 0..=100", self.warm_up))
        } else if let Some(name) = names.find(|name| !seen.insert(*name)) {
            Err(format!("[[part]] `{name}`: duplicate name"))
        } else if self.scenarios.is_empty() {
            Err("no [[part]]; allowed: one or more".into())
        } else {
            self.guest.check()?;
            self.scenarios.iter().try_for_each(|scenario| {
                let mut rules = scenario.rules();
                rules.try_for_each(|(_, rule)| self.question(scenario, rule).map(|_| ()))
            })
        }
    }

    /// What `rule` asks of `scenario`; an error if it names something that neither has.
    pub fn question(&self, scenario: &Scenario, rule: &Rule) -> Result<Question, String> {
        let axes = Axes {
            own: &scenario.axes,
            guest: &self.guest.axes(),
        };
        let (name, text) = (&scenario.name, &rule.text);
        Question::of(rule, &axes)
            .map_err(|why| format!("[[part]] `{name}`: expect `{text}`: {why}"))
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Reading and validation of experiment files.

use std::{collections::HashSet, fs, path::Path};

use vm_record::Tier;

use crate::{
    console::usage::Usage,
    plan::{
        experiment::{Compare, Experiment, Scenario},
        question::{Axes, Question},
        rule::Rule,
        setting::is_word,
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
        if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(is_allowed) {
            let name = &self.name;
            Err(format!(
                "name = `{name}`: allowed: up to 64 letters, digits and `-`"
            ))
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
            let mut figures = HashSet::new();
            for scenario in &self.scenarios {
                let part = |why| format!("[[part]] `{}`: {why}", scenario.name);
                scenario.check(&self.guest.axes()).map_err(part)?;
                self.check_prediction(scenario).map_err(part)?;
                let mut rules = scenario.rules();
                rules.try_for_each(|(_, rule)| self.question(scenario, rule).map(|_| ()))?;
                let lines = scenario.lines.iter().map(|line| &line.figure);
                let named = scenario.compare.iter().map(|compare| &compare.figure);
                let mut named = named.chain(lines);
                if let Some(name) = named.find(|name| !figures.insert(*name)) {
                    return Err(part(format!("figure `{name}`: duplicate name")));
                }
            }
            Ok(())
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

    /// The axis of `scenario` whose values its rules and comparisons set against each other; its first
    /// one if they do not say.
    pub fn sides(&self, scenario: &Scenario) -> Option<String> {
        let of_rule = |(_, rule): (_, &Rule)| match self.question(scenario, rule) {
            Ok(Question::Sides { of, .. }) => Some(of.axis),
            _ => None,
        };
        let of_comparison = |compare: &Compare| {
            let to = compare.to.as_ref()?;
            let mut keys = compare.of.iter();
            let (key, _) = keys.find(|(key, value)| to.get(*key) != Some(value))?;
            Some(key.clone())
        };
        let rules = scenario.rules().filter_map(of_rule);
        let comparisons = scenario.compare.iter().filter_map(of_comparison);
        let mut named = rules.chain(comparisons);
        if let Some(axis) = scenario.regret.as_ref().or(scenario.waits.as_ref()) {
            return Some(axis.clone());
        }
        let own = named.find(|axis| scenario.axes.contains_key(axis));
        own.or_else(|| scenario.axes.keys().next().cloned())
    }
}

impl Experiment {
    /// Refuses a prediction that compares nothing, or holds out what is no axis.
    fn check_prediction(&self, scenario: &Scenario) -> Result<(), String> {
        let Some(predict) = &scenario.predict else {
            return Ok(());
        };
        let tiers = self.guest.tier.all();
        if tiers.len() != 2 || !tiers.iter().any(|tier| tier == Tier::Sim.name()) {
            return Err(format!(
                "predict: tier = {tiers:?}: allowed: sim and one other"
            ));
        }
        let ranks = &predict.ranks;
        if !scenario.axes.contains_key(ranks) {
            return Err(format!(
                "predict: ranks = `{ranks}`: no axis of this scenario"
            ));
        }
        let guest = self.guest.axes();
        let is_axis = |key: &String| {
            key != "tier" && (scenario.axes.contains_key(key) || guest.contains(&key.as_str()))
        };
        let mut keys = predict.held_out.iter().flat_map(|of| of.keys());
        match keys.find(|key| !is_axis(key)) {
            Some(key) => Err(format!("predict: held_out: `{key}` is no axis")),
            None if predict.held_out.iter().any(|of| of.is_empty()) => {
                Err("predict: held_out: a pattern without keys is everything".into())
            }
            None if predict.held_out.is_empty() => {
                Err("predict: held_out is empty: nothing would be judged".into())
            }
            None => Ok(()),
        }
    }
}

impl Scenario {
    /// Refuses settings that are not words, and axes that are not distinct; `guest` are those of the guests.
    fn check(&self, guest: &[&str]) -> Result<(), String> {
        let lines = self.lines.iter().map(|line| &line.figure);
        let figures = self.compare.iter().map(|compare| &compare.figure);
        let figures = figures.chain(lines);
        if let Some(name) = figures.chain([&self.name]).find(|name| !is_word(name)) {
            return Err(format!("name `{name}`: allowed: one word"));
        }
        let mut lines = self.lines.iter();
        let has_axis = |over: &str| self.axes.contains_key(over) || guest.contains(&over);
        if let Some(line) = lines.find(|line| !has_axis(&line.over)) {
            let (figure, over) = (&line.figure, &line.over);
            return Err(format!(
                "figure `{figure}`: over = `{over}`: allowed: an axis of this scenario or of the guests"
            ));
        }
        let fixed = self
            .fixed
            .iter()
            .chain(self.except.iter().flat_map(|except| &except.set));
        let varied = self.axes.iter();
        let varied = varied.flat_map(|(key, values)| values.iter().map(move |value| (key, value)));
        for (key, value) in fixed.chain(varied) {
            let value = value.to_string();
            if !is_word(key) || !is_word(&value) {
                let text = format!("{key}={value}");
                return Err(format!("`{}`: allowed: one word", text.escape_debug()));
            }
        }
        for (key, axis) in [("regret", &self.regret), ("waits", &self.waits)] {
            let Some(axis) = axis else { continue };
            if !self.axes.contains_key(axis) {
                let known: Vec<&str> = self.axes.keys().map(String::as_str).collect();
                let known = known.join(" ");
                return Err(format!("{key} = `{axis}`: no such axis (allowed: {known})"));
            }
        }
        self.check_alike()?;
        for (key, values) in &self.axes {
            if self.fixed.contains_key(key) || guest.contains(&key.as_str()) {
                return Err(format!(
                    "axis `{key}`: it is set for all runs, or an axis of the guests, too"
                ));
            }
            let mut seen = HashSet::new();
            if let Some(value) = values.iter().find(|value| !seen.insert(*value)) {
                return Err(format!("axis `{key}` has `{value}` twice"));
            }
            if values.is_empty() {
                return Err(format!("axis `{key}` has no values"));
            }
        }
        Ok(())
    }

    /// Number of its parameter points in one guest; none if it is too large to count.
    pub fn points(&self) -> Option<usize> {
        let mut lengths = self.axes.values().map(Vec::len);
        lengths.try_fold(1, usize::checked_mul)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tier: &str, predict: &str) -> Result<(), String> {
        let text = format!(
            "name = 't'\ntitle = 't'\nrepeats = 1\n\
             [guest]\nratio = [1, 2]\ncpus = 'all'\nmemory = 256\ntier = {tier}\n\
             [[part]]\nname = 'locks'\ntitle = 't'\nmodule = 'lock-load'\n\
             axes = {{ lock = ['ticket', 'tas'] }}\npredict = {predict}\n"
        );
        Experiment::parse(&text).map(|_| ())
    }

    const BOTH: &str = "['tcg', 'sim']";

    #[test]
    fn prediction_needs_the_tier_sim_and_one_other() {
        let predict = "{ ranks = 'lock', held_out = [{ ratio = 2 }] }";
        assert_eq!(check(BOTH, predict), Ok(()));
        for tier in ["'tcg'", "'sim'", "['tcg', 'nested']"] {
            let why = check(tier, predict).unwrap_err();
            assert!(why.contains("allowed: sim and one other"), "{why}");
        }
    }

    #[test]
    fn prediction_holds_out_cells_by_axes() {
        for (predict, cause) in [
            (
                "{ ranks = 'threads', held_out = [{ ratio = 2 }] }",
                "ranks = `threads`",
            ),
            ("{ ranks = 'lock', held_out = [] }", "held_out is empty"),
            ("{ ranks = 'lock', held_out = [{}] }", "is everything"),
            (
                "{ ranks = 'lock', held_out = [{ tier = 'sim' }] }",
                "`tier` is no axis",
            ),
            (
                "{ ranks = 'lock', held_out = [{ hold_ns = 1 }] }",
                "`hold_ns` is no axis",
            ),
        ] {
            let why = check(BOTH, predict).unwrap_err();
            assert!(why.contains(cause), "{why}");
        }
    }
}

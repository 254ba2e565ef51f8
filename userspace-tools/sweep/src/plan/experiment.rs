// SPDX-License-Identifier: GPL-2.0

//! An experiment is data: what a file in `scripts/experiments` holds.

use std::{fs, path::Path};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    console::exit::Usage,
    plan::guests::Guests,
    plan::rule::{Axes, Question, Rule},
    plan::setting::{Pattern, Point, Setting},
};

/// A whole experiment: guests, and parts that run in each of them in turn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// A short name; it becomes part of the result directory's name.
    pub name: String,
    /// What it shows, in one line.
    pub title: String,
    /// How often every run is repeated.
    pub repeats: u32,
    /// How often every run is made before that in each boot, not to be counted.
    #[serde(default)]
    pub warm_up: u32,
    /// From which the order of runs is drawn; by default another one each time.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Whether the order of runs is drawn at all.
    #[serde(default)]
    pub order: Order,
    /// The guests in which it runs.
    pub guest: Guests,
    /// Its parts, each of one module.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

/// In which order the runs of a repeat are made. Every repeat of a boot has the same order, so that
/// between two runs of one side there is always one of each other side.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Drawn anew for every boot.
    #[default]
    Random,
    /// As the axes are written.
    Written,
}

/// Runs of one module over the product of its axes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// A short name; figures begin with it.
    pub name: String,
    /// What its table shows.
    pub title: String,
    /// The module that runs it.
    pub module: Module,
    /// Settings alike in all its runs.
    #[serde(default)]
    pub fixed: Point,
    /// Settings that vary, the last the fastest.
    pub axes: IndexMap<String, Vec<Setting>>,
    /// Settings that are otherwise in some of the runs.
    #[serde(default)]
    pub except: Vec<Except>,
    /// Where something else than "nothing was broken" is expected.
    #[serde(default)]
    pub expect: Vec<Expect>,
    /// Medians to be held against each other.
    #[serde(default)]
    pub compare: Vec<Compare>,
}

/// A module with a load, by the name of its directory in debugfs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Module {
    /// `lock-load`
    LockLoad,
    /// `sloppy-counter`
    SloppyCounter,
    /// `job-runner`
    JobRunner,
    /// `bottleneck`
    Bottleneck,
}

impl Module {
    /// The module's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::LockLoad => "lock-load",
            Self::SloppyCounter => "sloppy-counter",
            Self::JobRunner => "job-runner",
            Self::Bottleneck => "bottleneck",
        }
    }
}

/// Settings that are otherwise in some of the runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Except {
    /// The runs.
    pub of: Pattern,
    /// The settings.
    pub set: Point,
}

/// What an oracle has to say about some of the runs, or a rule about their numbers. A rule alone may
/// be written without a table.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Expect {
    /// The runs.
    pub of: Pattern,
    /// What is expected in every one of them.
    pub oracle: Option<Oracle>,
    /// What is expected of their numbers.
    pub rule: Option<Rule>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Rule(String),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    of: Pattern,
    oracle: Option<Oracle>,
    rule: Option<String>,
}

impl TryFrom<Written> for Expect {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let table = match written {
            Written::Rule(text) => Table {
                of: Pattern::new(),
                oracle: None,
                rule: Some(text),
            },
            Written::Table(table) => table,
        };
        if table.oracle.is_some() == table.rule.is_some() {
            return Err("expect: one of `oracle` and `rule` is needed, and not both".into());
        }
        Ok(Self {
            of: table.of,
            oracle: table.oracle,
            rule: table.rule.map(|text| text.parse()).transpose()?,
        })
    }
}

impl Part {
    /// Its rules, each with the runs that it is about.
    pub fn rules(&self) -> impl Iterator<Item = (&Pattern, &Rule)> {
        let rules = self.expect.iter();
        rules.filter_map(|expect| Some((&expect.of, expect.rule.as_ref()?)))
    }
}

/// What is expected of an oracle.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Oracle {
    /// The promise is broken, and the oracle sees it.
    Caught,
    /// The promise was tested and held.
    Held,
}

/// Two medians and their quotient, or one median alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The figure's name.
    pub figure: String,
    /// How it is called in print.
    pub text: String,
    /// The number of each run, as a rule may name it; without, that which the run was made for.
    pub quantity: Option<String>,
    /// The runs on top.
    pub of: Pattern,
    /// The runs below; without, the figure is the median itself.
    pub to: Option<Pattern>,
    /// Whether it is the median of the quotients instead, one of each repeat: what is the same for both
    /// sides of a repeat, such as how fast the host is just then, is no part of it.
    #[serde(default)]
    pub paired: bool,
}

impl Experiment {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            Usage(format!(
                "{}: {error}; experiments are in scripts/experiments/",
                path.display()
            ))
        })?;
        Self::parse(&text).map_err(|error| Usage(format!("{}: {error}", path.display())).into())
    }

    /// Reads the text of an experiment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let experiment: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        experiment.check()?;
        Ok(experiment)
    }

    /// Refuses what cannot be run.
    pub fn check(&self) -> Result<(), String> {
        let name_ok = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(name_ok) {
            Err(format!(
                "name `{}`: allowed: letters, digits and `-`",
                self.name
            ))
        } else if !(1..=10_000).contains(&self.repeats) {
            Err(format!("repeats = {}: allowed: 1..=10000", self.repeats))
        } else if self.warm_up > 100 {
            Err(format!("warm_up = {}: allowed: 0..=100", self.warm_up))
        } else if let Some(name) = self.twice() {
            Err(format!("part `{name}`: named twice"))
        } else if self.parts.is_empty() {
            Err("no [[part]]: an experiment has at least one".into())
        } else {
            self.guest.check()?;
            let mut parts = self.parts.iter();
            parts.try_for_each(|part| {
                let mut rules = part.rules();
                rules.try_for_each(|(_, rule)| self.question(part, rule).map(|_| ()))
            })
        }
    }

    /// What `rule` asks of `part`; an error if it names what neither has.
    pub fn question(&self, part: &Part, rule: &Rule) -> Result<Question, String> {
        let axes = Axes {
            own: &part.axes,
            guest: &self.guest.axes(),
        };
        Question::of(rule, &axes)
            .map_err(|why| format!("part `{}`: expect `{}`: {why}", part.name, rule.text))
    }

    fn twice(&self) -> Option<&str> {
        let names: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        let again = names
            .iter()
            .enumerate()
            .find(|(i, name)| names[..*i].contains(name));
        again.map(|(_, name)| *name)
    }
}

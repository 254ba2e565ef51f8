// SPDX-License-Identifier: GPL-2.0

//! Experiment: the content of a file in `scripts/experiments`.

use indexmap::IndexMap;
use results::{Bottleneck, JobRunner, Kind, LockLoad, Report, SloppyCounter};
use serde::{Deserialize, Serialize};
use vm_record::Tier;

use crate::plan::{
    guests::Guests,
    line::{self, Line},
    rule::Rule,
    setting::{Pattern, Point, Setting},
};

/// Guests, and the scenarios that run in each of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Short name; the result directory's name ends with it.
    pub name: String,
    /// What it shows, in one line.
    pub title: String,
    pub repeats: u32,
    /// Uncounted repeats of every run at the start of each guest boot.
    #[serde(default)]
    pub warm_up: u32,
    /// Seed of the order of runs; by default another one each time.
    #[serde(default)]
    pub seed: Option<u64>,
    #[serde(default)]
    pub order: Order,
    pub guest: Guests,
    /// Scenarios, each of one module.
    #[serde(rename = "part")]
    pub scenarios: Vec<Scenario>,
}

/// Order of the runs of a repeat.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Random, drawn for every other repeat; the next repeat has it the other way round, so that each
    /// of two runs comes first as often as the other. Runs that differ in the A/B sides alone are
    /// next to each other.
    #[default]
    Random,
    /// As the axes are written.
    Written,
}

/// Runs of one module over the product of its axes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name; the names of its figures begin with it.
    pub name: String,
    /// Title of its table.
    pub title: String,
    pub module: Module,
    /// Settings of all its runs.
    #[serde(default)]
    pub fixed: Point,
    /// Settings that vary, the last the fastest.
    pub axes: IndexMap<String, Vec<Setting>>,
    #[serde(default)]
    pub except: Vec<Except>,
    /// Expected oracle verdicts, and rules about metrics.
    #[serde(default)]
    pub expect: Vec<Expect>,
    #[serde(default)]
    pub compare: Vec<Compare>,
    /// The axis whose values are compared with the best of them at every parameter point. The figure of
    /// each is `regret.VALUE`.
    pub regret: Option<String>,
    /// The axis whose values are compared by their p99.9 wait at every parameter point: a map, apart from that of
    /// `regret`, since timing sections makes them slower.
    pub waits: Option<String>,
    /// The tier `sim` as a prediction of the other tier.
    pub predict: Option<Predict>,
    #[serde(default, rename = "line", deserialize_with = "line::each")]
    pub lines: Vec<Line>,
}

/// Simulated rates beside measured ones. The figures are `prediction.factor` and `prediction.tau`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The axis whose values are ranked at every parameter point.
    pub ranks: String,
    /// The cells that are judged; costs may be fitted on the others.
    pub held_out: Vec<Pattern>,
}

/// A module, by the name of its directory in debugfs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Module {
    LockLoad,
    SloppyCounter,
    JobRunner,
    Bottleneck,
}

impl Module {
    pub fn name(self) -> &'static str {
        match self {
            Self::LockLoad => LockLoad::MODULE,
            Self::SloppyCounter => SloppyCounter::MODULE,
            Self::JobRunner => JobRunner::MODULE,
            Self::Bottleneck => Bottleneck::MODULE,
        }
    }
}

/// Settings that differ in some of the runs, or runs that are not made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Except {
    pub of: Pattern,
    #[serde(default)]
    pub set: Point,
    #[serde(default)]
    pub leave_out: bool,
}

/// An expected oracle verdict of some of the runs, or a rule about their metrics. A rule alone may be
/// written without a table.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Expect {
    pub of: Pattern,
    /// Expected oracle verdict of every one of them.
    pub oracle: Option<Oracle>,
    pub rule: Option<Rule>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Written {
    Rule(String),
    Table {
        #[serde(default)]
        of: Pattern,
        oracle: Option<Oracle>,
        rule: Option<String>,
    },
}

impl TryFrom<Written> for Expect {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (of, oracle, rule) = match written {
            Written::Rule(rule) => (Pattern::new(), None, Some(rule)),
            Written::Table { of, oracle, rule } => (of, oracle, rule),
        };
        if oracle.is_some() == rule.is_some() {
            return Err("expect: allowed: one of `oracle` and `rule`".into());
        }
        Ok(Self {
            of,
            oracle,
            rule: rule.map(Rule::try_from).transpose()?,
        })
    }
}

impl Experiment {
    /// Why `scenario` is not run in one of the tiers, if it is not.
    pub fn skipped(&self, scenario: &Scenario) -> Option<String> {
        let mut tiers = self.guest.tier.all().iter();
        tiers.find_map(|tier| scenario.skipped_in(tier))
    }
}

impl Scenario {
    /// Why it is not run in this tier, if it is not.
    pub fn skipped_in(&self, tier: &str) -> Option<String> {
        let (module, sim) = (self.module.name(), Tier::Sim.name());
        let is_simulated = self.module == Module::LockLoad;
        (tier == sim && !is_simulated)
            .then(|| format!("tier {sim}: {module} is not simulated; lock-load alone is"))
    }

    /// Its rules, each with the runs that it is about.
    pub fn rules(&self) -> impl Iterator<Item = (&Pattern, &Rule)> {
        let rules = self.expect.iter();
        rules.filter_map(|expect| Some((&expect.of, expect.rule.as_ref()?)))
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Oracle {
    /// The promise is broken, and the oracle detects it.
    Caught,
    /// The promise was tested and held.
    Held,
}

/// Ratio of two A/B sides, or a metric of one, over boots.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    pub figure: String,
    /// Its text in tables.
    pub text: String,
    /// Metric of each run; by default the module's main metric.
    #[serde(rename = "quantity")]
    metric: Option<String>,
    /// What decides it; by default what decides the metric of its sides.
    pub kind: Option<Kind>,
    /// Side B: the numerator.
    pub of: Pattern,
    /// Side A: the denominator; without it, the figure is of side B alone.
    pub to: Option<Pattern>,
    /// Of earlier experiments; every ratio is of runs next to each other.
    #[serde(default, rename = "paired")]
    _paired: bool,
}

impl Compare {
    /// Its metric.
    pub fn metric(&self) -> &str {
        self.metric.as_deref().unwrap_or("value")
    }
}

// SPDX-License-Identifier: GPL-2.0

//! From an experiment to the runs it takes, repeats outermost: A B A B, never all A then all B.

pub mod experiment;
pub mod guests;
pub mod rule;
pub mod setting;
pub mod shard;

use std::time::Duration;

use abi::Limits;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    plan::experiment::{Experiment, Module, Order, Part},
    plan::guests::Guest,
    plan::setting::{matches, words, Point},
    plan::shard::Shard,
    store::metric::{is_known, NAMES},
};

/// What a run takes beside its own length: threads to be made and joined, a report to be read.
const OVERHEAD: Duration = Duration::from_millis(40);

/// From the start of a guest to its first command.
const BOOT: Duration = Duration::from_secs(5);

/// One run of one module.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Run {
    /// Its number in the whole plan.
    pub seq: usize,
    /// Which repeat it belongs to, from 1; 0 for a warm-up.
    pub repeat: u32,
    /// The part's name.
    pub part: String,
    /// The module.
    pub module: Module,
    /// All settings that the experiment names.
    pub settings: Point,
}

/// A guest that is booted, and what is run in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Boot {
    /// Its number in the whole plan, from 1.
    pub number: usize,
    /// The guest.
    pub guest: Guest,
    /// The runs, in order.
    pub runs: Vec<Run>,
    /// How long they will take, the boot included, if nothing else wants the CPUs.
    pub estimate: Duration,
}

/// Every run of an experiment, in order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Plan {
    /// The version of this form.
    pub schema: u32,
    /// From which the order of runs was drawn.
    pub seed: u64,
    /// The boots.
    pub boots: Vec<Boot>,
    /// Runs that some guests are too small for.
    pub left_out: usize,
    /// Which part of it this is.
    pub shard: Shard,
}

impl Run {
    /// The line that the guest's `batch` reads.
    pub fn line(&self) -> String {
        format!("{} {}", self.module.name(), words(&self.settings))
    }
}

impl Boot {
    /// The text for the guest's `batch`, a line for each run.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.line() + "\n").collect()
    }
}

impl Plan {
    /// Plans `experiment` for a host with these CPUs, or says which of its settings no module would
    /// take in any guest.
    pub fn new(experiment: &Experiment, cpus: &[u32], seed: u64) -> Result<Self, String> {
        let guests = experiment.guest.all(cpus)?;
        let most = guests.iter().map(|guest| guest.vcpus).max().unwrap_or(1);
        let mut draft = Draft {
            experiment,
            most,
            rng: Rng::with_seed(seed),
            seq: 0,
            left_out: 0,
        };
        let mut boots: Vec<Boot> = Vec::new();
        let rounds = experiment.guest.rounds(guests.len(), experiment.repeats);
        for round in 0..rounds {
            let dealt = |round: u32| experiment.repeats * round / rounds;
            let repeats = dealt(round) + 1..=dealt(round + 1);
            // There and back: of two guests neither is always the first.
            let mut order: Vec<&Guest> = guests.iter().collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for guest in order {
                let number = boots.len() + 1;
                boots.push(draft.boot(number, guest, repeats.clone())?);
            }
        }
        let left_out = draft.left_out;
        experiment
            .parts
            .iter()
            .try_for_each(|part| check(part, &boots))?;
        Ok(Self {
            schema: crate::store::directory::SCHEMA,
            seed,
            boots,
            left_out,
            shard: Shard::default(),
        })
    }

    /// All runs, in order.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.boots.iter().flat_map(|boot| &boot.runs)
    }

    /// The lines of all runs.
    pub fn text(&self) -> String {
        self.boots.iter().map(Boot::text).collect()
    }

    /// How long it will take, boots included, if nothing else wants the CPUs.
    pub fn estimate(&self) -> Duration {
        self.boots.iter().map(|boot| boot.estimate).sum()
    }
}

/// A plan in the making.
struct Draft<'a> {
    experiment: &'a Experiment,
    most: u32,
    rng: Rng,
    seq: usize,
    left_out: usize,
}

impl Draft<'_> {
    fn boot(
        &mut self,
        number: usize,
        guest: &Guest,
        repeats: std::ops::RangeInclusive<u32>,
    ) -> Result<Boot, String> {
        let mut all = Vec::new();
        for part in &self.experiment.parts {
            for settings in points(part, &guest.point()) {
                match self.length(part, guest, &settings)? {
                    Some(length) => all.push((part, settings, length)),
                    None => self.left_out += repeats.clone().count(),
                }
            }
        }
        if self.experiment.order == Order::Random {
            self.rng.shuffle(&mut all);
        }
        let (mut runs, mut estimate) = (Vec::new(), BOOT);
        let warm_ups = (0..self.experiment.warm_up).map(|_| 0);
        for repeat in warm_ups.chain(repeats) {
            for (part, settings, length) in &all {
                estimate += *length + OVERHEAD;
                runs.push(Run {
                    seq: self.seq,
                    repeat,
                    part: part.name.clone(),
                    module: part.module,
                    settings: settings.clone(),
                });
                self.seq += 1;
            }
        }
        Ok(Boot {
            number,
            guest: guest.clone(),
            runs,
            estimate,
        })
    }

    /// How long a run takes; nothing if this guest is too small for it, but another is not.
    fn length(
        &self,
        part: &Part,
        guest: &Guest,
        settings: &Point,
    ) -> Result<Option<Duration>, String> {
        let limits = |vcpus| Limits {
            vcpus,
            bytes: u64::from(guest.memory) << 20,
        };
        let words = words(settings);
        match length(part.module, &words, &limits(guest.vcpus)) {
            Ok(length) => Ok(Some(length)),
            Err(_) if length(part.module, &words, &limits(self.most)).is_ok() => Ok(None),
            Err(why) => Err(format!("part `{}`: {why}", part.name)),
        }
    }
}

/// An expectation that no run can meet or break, or a comparison without sides, is a mistake.
fn check(part: &Part, boots: &[Boot]) -> Result<(), String> {
    let exceptions = part.except.iter().map(|except| ("except", &except.of));
    let expectations = part.expect.iter().map(|expect| ("expect", &expect.of));
    let comparisons = part.compare.iter();
    let sides = comparisons.flat_map(|c| {
        let to = c.to.as_ref().map(|to| ("compare.to", to));
        [("compare.of", &c.of)].into_iter().chain(to)
    });
    let all = boots.iter().flat_map(|boot| {
        let point = boot.guest.point();
        boot.runs.iter().map(move |run| {
            let mut settings = point.clone();
            settings.extend(run.settings.clone());
            (run, settings)
        })
    });
    let all: Vec<_> = all.filter(|(run, _)| run.part == part.name).collect();
    for (what, pattern) in exceptions.chain(expectations).chain(sides) {
        if !all.iter().any(|(_, settings)| matches(pattern, settings)) {
            return Err(format!(
                "part `{}`: {what} {pattern:?}: no run has that",
                part.name
            ));
        }
    }
    let quantities = part.compare.iter().filter_map(|c| c.quantity.as_deref());
    if let Some(name) = quantities.into_iter().find(|name| !is_known(name)) {
        let part = &part.name;
        return Err(format!(
            "part `{part}`: quantity `{name}`: allowed: {NAMES}"
        ));
    }
    match points(part, &Point::new()).len() {
        0 => Err(format!("part `{}`: an axis without values", part.name)),
        _ => Ok(()),
    }
}

/// The settings of every run of `part` in a guest that is known by `guest`: the product of the axes,
/// the last the fastest.
fn points(part: &Part, guest: &Point) -> Vec<Point> {
    let mut points = vec![Point::new()];
    for (key, values) in &part.axes {
        let longer = |point: &Point| {
            let point = point.clone();
            values.iter().map(move |value| {
                let mut point = point.clone();
                point.insert(key.clone(), value.clone());
                point
            })
        };
        points = points.iter().flat_map(longer).collect::<Vec<_>>();
    }
    points
        .into_iter()
        .map(|point| {
            let mut settings = part.fixed.clone();
            settings.extend(point);
            let mut known = guest.clone();
            known.extend(settings.clone());
            let excepted = part.except.iter().filter(|e| matches(&e.of, &known));
            let sets: Vec<Point> = excepted.map(|except| except.set.clone()).collect();
            settings.extend(sets.into_iter().flatten());
            settings
        })
        .collect()
}

/// How long a run with these settings takes, or why the module would refuse them.
fn length(module: Module, words: &str, limits: &Limits) -> Result<Duration, String> {
    macro_rules! config {
        ($module:ident) => {{
            let mut config = abi::$module::Config::default();
            config
                .set(words, limits, false)
                .map_err(|refusal| refusal.to_string())?;
            config
        }};
    }
    Ok(match module {
        Module::LockLoad => Duration::from_millis(config!(lock_load).run_ms.into()),
        Module::SloppyCounter => Duration::from_millis(config!(sloppy_counter).run_ms.into()),
        Module::Bottleneck => Duration::from_millis(config!(bottleneck).run_ms.into()),
        Module::JobRunner => {
            let config = config!(job_runner);
            let each_ns = match config.job {
                abi::job_runner::Job::ClearHuge => 500_000,
                abi::job_runner::Job::ClearPages
                | abi::job_runner::Job::Checksum
                | abi::job_runner::Job::Sum => 2_000,
                abi::job_runner::Job::PageInit => 50,
                _ => u64::from(config.work_ns),
            };
            Duration::from_nanos(config.size.saturating_mul(each_ns))
                .min(Duration::from_millis(config.limit_ms.into()))
        }
    })
}

#[cfg(test)]
mod tests;

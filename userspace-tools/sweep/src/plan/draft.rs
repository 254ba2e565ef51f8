// SPDX-License-Identifier: GPL-2.0

//! Planning: from an experiment to its runs, repeats outermost: A B A B, never all A then all B.

use std::time::Duration;

use abi::{job_runner::JobFunction, Limits};
use cpu_list::CpuList;
use fastrand::Rng;
use indexmap::IndexMap;
use results::metrics;
use vm_record::Tier;

use crate::plan::{
    experiment::{Compare, Except, Experiment, Module, Order, Scenario},
    guest::Guest,
    runs::{Boot, Plan, Run},
    setting::{matches, with, without, words, Point, Setting},
    shard::Shard,
};

/// Schema of `plan.json`.
const SCHEMA: u32 = 2;

/// Time of a run beside its own length: to create and join threads, to read the report.
const OVERHEAD: Duration = Duration::from_millis(40);

/// Time from the start of a guest to its first command.
const BOOT: Duration = Duration::from_secs(5);
/// The same of a guest of a guest: two kernels boot, under translation.
const BOOT_NESTED: Duration = Duration::from_secs(25);

impl Plan {
    /// Plans `experiment` for a host with these CPUs. Refuses settings that the module would refuse in
    /// every guest.
    pub fn new(experiment: &Experiment, cpus: &CpuList, seed: u64) -> Result<Self, String> {
        let guests = experiment.guest.all(cpus)?;
        let rounds = experiment.guest.rounds(guests.len(), experiment.repeats);
        bounded(experiment, guests.len(), rounds)?;
        let most = guests.iter().map(|guest| guest.vcpus).max().unwrap_or(1);
        let mut draft = Draft {
            experiment,
            most,
            rng: Rng::with_seed(seed),
            seq: 0,
            left_out: 0,
        };
        let mut boots: Vec<Boot> = Vec::new();
        for round in 0..rounds {
            let until = |round: u32| experiment.repeats * round / rounds;
            let repeats = until(round) + 1..=until(round + 1);
            // Alternating direction: no guest is always the first.
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
        let mut scenarios = experiment.scenarios.iter();
        scenarios.try_for_each(|scenario| match experiment.skipped(scenario) {
            Some(_) if experiment.guest.is_simulated() => Ok(()),
            _ => check(scenario, &boots),
        })?;
        Ok(Self {
            schema: SCHEMA,
            seed,
            boots,
            looks: 1,
            left_out,
            shard: Shard::default(),
        })
    }
}

/// The most runs of a plan: at a tenth of a second each they take three hours.
const MOST: usize = 100_000;

/// Refuses a plan of too many runs before any of them is made.
fn bounded(experiment: &Experiment, guests: usize, rounds: u32) -> Result<(), String> {
    let mut points = experiment.scenarios.iter().map(Scenario::points);
    let points = points.try_fold(0, |sum: usize, points| sum.checked_add(points?));
    let each = u64::from(experiment.repeats) + u64::from(experiment.warm_up) * u64::from(rounds);
    let runs = points.and_then(|points| points.checked_mul(guests)?.checked_mul(each as usize));
    match runs {
        Some(runs) if runs <= MOST => Ok(()),
        runs => {
            let runs = runs.map_or_else(|| "more than can be counted".into(), |n| n.to_string());
            Err(format!("too many runs ({runs}; allowed: up to {MOST})"))
        }
    }
}

/// Of a guest: its boot, by how much a run of it is slower than its length, and the time beside that.
fn times(guest: &Guest) -> (Duration, u32, Duration) {
    let is = |tier: Tier| guest.tier == tier.name();
    if guest.is_simulated() {
        // One CPU runs all simulated vCPUs, and nothing boots.
        return (Duration::ZERO, 1 + guest.vcpus / 32, OVERHEAD);
    }
    if is(Tier::Nested) || is(Tier::Xen) {
        // Threads that are created and joined wait for the turns of their vCPUs on a translated CPU.
        let turns = guest.ratio.unwrap_or(guest.vcpus);
        return (BOOT_NESTED, 1, OVERHEAD * (1 + turns));
    }
    (BOOT, 1, OVERHEAD)
}

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
        let scenarios = self.experiment.scenarios.iter();
        for scenario in scenarios.filter(|scenario| scenario.skipped_in(&guest.tier).is_none()) {
            for settings in points(scenario, &guest.point()) {
                match self.length(scenario, guest, &settings)? {
                    Some(length) => all.push((scenario, settings, length)),
                    None => self.left_out += repeats.clone().count(),
                }
            }
        }
        let mut runs = Vec::new();
        let (mut estimate, slower, overhead) = times(guest);
        let warm_ups = (0..self.experiment.warm_up).map(|_| 0);
        for (n, repeat) in warm_ups.chain(repeats).enumerate() {
            match (self.experiment.order, n % 2) {
                (Order::Written, _) => {}
                (Order::Random, 0) => self.shuffle(&mut all),
                (Order::Random, _) => all.reverse(),
            }
            for (scenario, settings, length) in &all {
                estimate += *length * slower + overhead;
                runs.push(Run {
                    seq: self.seq,
                    repeat,
                    scenario: scenario.name.clone(),
                    module: scenario.module,
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

    /// Draws an order in which runs that differ in the A/B sides alone stay together.
    fn shuffle(&mut self, all: &mut Vec<(&Scenario, Point, Duration)>) {
        let mut blocks: IndexMap<String, Vec<_>> = IndexMap::new();
        for run in all.drain(..) {
            let (scenario, settings, _) = &run;
            let same = match self.experiment.sides(scenario) {
                Some(axis) => without(settings, &axis),
                None => settings.clone(),
            };
            let block = format!("{} {}", scenario.name, words(&same));
            blocks.entry(block).or_default().push(run);
        }
        let mut blocks: Vec<Vec<_>> = blocks.into_values().collect();
        self.rng.shuffle(&mut blocks);
        for mut block in blocks {
            self.rng.shuffle(&mut block);
            all.extend(block);
        }
    }

    /// The length of a run; none if this guest is too small for it, but another is not.
    fn length(
        &self,
        scenario: &Scenario,
        guest: &Guest,
        settings: &Point,
    ) -> Result<Option<Duration>, String> {
        let limits = |vcpus| Limits {
            vcpus,
            bytes: match guest.is_simulated() {
                true => u64::MAX,
                false => u64::from(guest.memory) << 20,
            },
        };
        let words = words(settings);
        match length(scenario.module, &words, &limits(guest.vcpus)) {
            Ok(length) => Ok(Some(length)),
            Err(_) if length(scenario.module, &words, &limits(self.most)).is_ok() => Ok(None),
            Err(why) => Err(format!("[[part]] `{}`: {why}", scenario.name)),
        }
    }
}

/// Refuses patterns that select no run, and unknown metrics.
fn check(scenario: &Scenario, boots: &[Boot]) -> Result<(), String> {
    let (left_out, excepted): (Vec<_>, Vec<_>) =
        scenario.except.iter().partition(|except| except.leave_out);
    let exceptions = excepted.into_iter().map(|except| ("except", &except.of));
    let expectations = scenario.expect.iter().map(|expect| ("expect", &expect.of));
    let comparisons = scenario.compare.iter();
    let sides = comparisons.flat_map(|c| {
        let to = c.to.as_ref().map(|to| ("compare.to", to));
        [("compare.of", &c.of)].into_iter().chain(to)
    });
    let all = boots.iter().flat_map(|boot| {
        let point = boot.guest.point();
        let runs = boot.runs.iter();
        runs.map(move |run| (run, with(&point, run.settings.clone())))
    });
    let all: Vec<_> = all
        .filter(|(run, _)| run.scenario == scenario.name)
        .collect();
    let wrong = |why: String| Err(format!("[[part]] `{}`: {why}", scenario.name));
    let lines = scenario.lines.iter().map(|line| ("line.of", &line.of));
    for (what, pattern) in exceptions.chain(expectations).chain(sides).chain(lines) {
        if !all.iter().any(|(_, settings)| matches(pattern, settings)) {
            return wrong(format!("{what} {pattern:?}: selects no run"));
        }
    }
    let whole = Scenario {
        except: Vec::new(),
        ..scenario.clone()
    };
    for Except { of, .. } in left_out {
        let selects = |boot: &Boot| {
            let guest = boot.guest.point();
            let mut all = points(&whole, &guest).into_iter();
            all.any(|settings| matches(of, &with(&guest, settings)))
        };
        if !boots.iter().any(selects) {
            return wrong(format!("except {of:?}: leaves no run out"));
        }
    }
    one_world(scenario, &all).or_else(wrong)?;
    let lines = scenario.lines.iter();
    let metrics = scenario.compare.iter().map(Compare::metric);
    let mut metrics = metrics.chain(lines.map(|line| line.metric.as_str()));
    if let Some(name) = metrics.find(|name| !metrics::is_known(name)) {
        return wrong(format!("metric `{name}`: allowed: {}", metrics::names()));
    }
    for compare in &scenario.compare {
        let own = metrics::kind(scenario.module.name(), compare.metric());
        if let (Some(own), Some(stated)) = (own, compare.kind) {
            if own != stated {
                let (figure, stated, own) = (&compare.figure, stated.name(), own.name());
                return wrong(format!(
                    "figure `{figure}`: kind = `{stated}`: allowed: {own}"
                ));
            }
        }
    }
    Ok(())
}

/// Refuses a figure of simulated runs and measured ones together; a ratio of both has them on its two sides.
fn one_world(scenario: &Scenario, all: &[(&Run, Point)]) -> Result<(), String> {
    let sides = scenario.compare.iter();
    let sides = sides.flat_map(|c| [Some(&c.of), c.to.as_ref()].into_iter().flatten());
    for pattern in sides.chain(scenario.lines.iter().map(|line| &line.of)) {
        let mine = all
            .iter()
            .filter(|(_, settings)| matches(pattern, settings));
        let is_simulated =
            |settings: &Point| settings.get("tier") == Some(&Tier::Sim.name().into());
        let (sim, others): (Vec<_>, Vec<_>) =
            mine.partition(|(_, settings)| is_simulated(settings));
        if !sim.is_empty() && !others.is_empty() {
            return Err(format!(
                "{pattern:?}: selects simulated runs and measured ones; allowed: either. Try: tier = \"sim\" in it"
            ));
        }
    }
    Ok(())
}

/// The settings of every run of `scenario` in a guest with the settings `guest`: the product of the
/// axes, the last the fastest.
fn points(scenario: &Scenario, guest: &Point) -> Vec<Point> {
    let mut points = vec![Point::new()];
    for (key, values) in &scenario.axes {
        let longer = |point: Point| {
            let with = |value: &Setting| with(&point, [(key.clone(), value.clone())]);
            values.iter().map(with).collect::<Vec<_>>()
        };
        points = points.into_iter().flat_map(longer).collect();
    }
    points
        .into_iter()
        .filter_map(|point| {
            let settings = with(&scenario.fixed, point);
            let known = with(guest, settings.clone());
            let mut set = Point::new();
            for except in scenario.except.iter().filter(|e| matches(&e.of, &known)) {
                if except.leave_out {
                    return None;
                }
                set.extend(except.set.clone());
            }
            Some(with(&settings, set))
        })
        .collect()
}

/// The length of a run with these settings, or why the module would refuse them.
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
                JobFunction::ClearHuge => 500_000,
                JobFunction::ClearPages | JobFunction::Checksum | JobFunction::Sum => 2_000,
                JobFunction::PageInit => 50,
                _ => u64::from(config.work_ns),
            };
            Duration::from_nanos(config.size.saturating_mul(each_ns))
                .min(Duration::from_millis(config.limit_ms.into()))
        }
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

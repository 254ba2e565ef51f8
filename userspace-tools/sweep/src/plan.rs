// SPDX-License-Identifier: GPL-2.0

//! From an experiment to the runs it takes, repeats outermost: A B A B, never all A then all B.

use std::time::Duration;

use abi::Limits;
use serde::{
    Deserialize,
    Serialize, //
};

use crate::{
    experiment::{
        Experiment,
        Module,
        Part, //
    },
    setting::{
        matches,
        words,
        Point, //
    },
};

/// What a run takes beside its own length: threads to be made and joined, a report to be read.
const OVERHEAD: Duration = Duration::from_millis(40);

/// From the start of the guest to its first command.
const BOOT: Duration = Duration::from_secs(5);

/// One run of one module.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Run {
    /// Its number in the plan.
    pub seq: usize,
    /// Which repeat it belongs to, from 1.
    pub repeat: u32,
    /// The part's name.
    pub part: String,
    /// The module.
    pub module: Module,
    /// All settings that the experiment names.
    pub settings: Point,
}

impl Run {
    /// The line that the guest's `batch` reads.
    pub fn line(&self) -> String {
        format!("{} {}", self.module.name(), words(&self.settings))
    }
}

/// Every run of an experiment, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The runs.
    pub runs: Vec<Run>,
    estimate: Duration,
}

impl Plan {
    /// Plans `experiment`, or says which of its settings no module would take.
    pub fn new(experiment: &Experiment) -> Result<Self, String> {
        let limits = Limits {
            vcpus: experiment.guest.vcpus,
            bytes: u64::from(experiment.guest.memory) << 20,
        };
        let mut plan = Self {
            runs: Vec::new(),
            estimate: BOOT,
        };
        for repeat in 1..=experiment.repeats {
            for part in &experiment.parts {
                plan.add(part, repeat, &limits)?;
            }
        }
        experiment
            .parts
            .iter()
            .try_for_each(|part| plan.check(part))?;
        Ok(plan)
    }

    /// The text for the guest's `batch`, a line for each run.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.line() + "\n").collect()
    }

    /// How long it will take, the guest's boot included, if nothing else wants the CPUs.
    pub fn estimate(&self) -> Duration {
        self.estimate
    }

    fn add(&mut self, part: &Part, repeat: u32, limits: &Limits) -> Result<(), String> {
        for point in points(part) {
            let mut settings = part.fixed.clone();
            settings.extend(point);
            let excepted = part
                .except
                .iter()
                .filter(|except| matches(&except.of, &settings));
            let sets: Vec<Point> = excepted.map(|except| except.set.clone()).collect();
            settings.extend(sets.into_iter().flatten());
            let length = length(part.module, &words(&settings), limits)
                .map_err(|why| format!("part `{}`: {why}", part.name))?;
            self.estimate += length + OVERHEAD;
            self.runs.push(Run {
                seq: self.runs.len(),
                repeat,
                part: part.name.clone(),
                module: part.module,
                settings,
            });
        }
        Ok(())
    }

    /// An expectation that no run can meet or break, or a comparison without sides, is a mistake.
    fn check(&self, part: &Part) -> Result<(), String> {
        let exceptions = part.except.iter().map(|except| ("except", &except.of));
        let expectations = part.expect.iter().map(|expect| ("expect", &expect.of));
        let comparisons = part.compare.iter();
        let sides = comparisons.flat_map(|c| [("compare.of", &c.of), ("compare.to", &c.to)]);
        for (what, pattern) in exceptions.chain(expectations).chain(sides) {
            let mut runs = self.runs.iter().filter(|run| run.part == part.name);
            if !runs.any(|run| matches(pattern, &run.settings)) {
                return Err(format!(
                    "part `{}`: {what} {pattern:?}: no run has that",
                    part.name
                ));
            }
        }
        let namesakes = self
            .runs
            .iter()
            .filter(|run| run.part == part.name && run.repeat == 1);
        match namesakes.count() {
            n if n > points(part).len() => Err(format!("part `{}`: named twice", part.name)),
            0 => Err(format!("part `{}`: an axis without values", part.name)),
            _ => Ok(()),
        }
    }
}

/// The product of the axes, the last the fastest.
fn points(part: &Part) -> Vec<Point> {
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
        Module::JobRunner => {
            let config = config!(job_runner);
            let each_ns = match config.job {
                abi::job_runner::Job::Spin => u64::from(config.work_ns),
                abi::job_runner::Job::ClearPages => 2_000,
            };
            Duration::from_nanos(config.size.saturating_mul(each_ns))
                .min(Duration::from_millis(config.limit_ms.into()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        name = "t"
        title = "a test"
        repeats = 2
        guest = { vcpus = 8, cpus = "all", memory = 256, tier = "auto" }
        [[part]]
        name = "locks"
        title = "locks"
        module = "lock-load"
        fixed = { run_ms = 100 }
        axes = { lock = ["ticket", "tas"], threads = [1, 8] }
        [[part]]
        name = "jobs"
        title = "jobs"
        module = "job-runner"
        axes = { policy = ["static"] }
    "#;

    fn plan(text: &str) -> Result<Plan, String> {
        Plan::new(&Experiment::parse(text).unwrap())
    }

    #[test]
    fn sides_are_interleaved_and_repeats_are_outermost() {
        let lines = plan(TEXT).unwrap().text();
        let half = "lock-load run_ms=100 lock=ticket threads=1\n\
                    lock-load run_ms=100 lock=ticket threads=8\n\
                    lock-load run_ms=100 lock=tas threads=1\n\
                    lock-load run_ms=100 lock=tas threads=8\n\
                    job-runner policy=static\n";
        assert_eq!(lines, format!("{half}{half}"));
    }

    #[test]
    fn runs_are_numbered_as_batch_numbers_them() {
        let plan = plan(TEXT).unwrap();
        assert!(plan.runs.iter().enumerate().all(|(i, run)| run.seq == i));
        assert_eq!((plan.runs[4].repeat, plan.runs[5].repeat), (1, 2));
    }

    #[test]
    fn the_estimate_counts_every_run_and_the_boot() {
        // 8 lock runs of 100 ms, 2 jobs of 4096 indices of 1 us.
        let runs = Duration::from_millis(8 * 100) + 2 * Duration::from_micros(4096);
        assert_eq!(plan(TEXT).unwrap().estimate(), BOOT + runs + 10 * OVERHEAD);
    }

    #[test]
    fn a_setting_that_no_module_takes_is_refused_before_anything_boots() {
        let error = plan(&TEXT.replace("[1, 8]", "[1, 9]")).unwrap_err();
        assert!(
            error.contains("part `locks`: `threads=9`: out of range; allowed: 1..=8"),
            "{error}"
        );
        let error = plan(&TEXT.replace("\"tas\"", "\"tsa\"")).unwrap_err();
        assert!(error.contains("`lock=tsa`"), "{error}");
    }

    #[test]
    fn an_expectation_that_no_run_can_break_is_refused() {
        let more = "expect = [{ of = { lock = \"busted\" }, oracle = \"caught\" }]\n[[part]]";
        let error = plan(&TEXT.replacen(
            "[[part]]\n        name = \"jobs\"",
            &format!("{more}\nname = \"jobs\""),
            1,
        ));
        assert!(error.unwrap_err().contains("no run has that"));
    }

    #[test]
    fn an_exception_changes_only_the_runs_it_names() {
        let text = TEXT.replacen(
            "axes = { lock",
            "except = [{ of = { threads = 8 }, set = { run_ms = 400 } }]\naxes = { lock",
            1,
        );
        let plan = plan(&text).unwrap();
        let lengths = plan.runs[..4]
            .iter()
            .map(|run| run.settings["run_ms"].to_string());
        assert_eq!(lengths.collect::<Vec<_>>(), ["100", "400", "100", "400"]);
    }

    #[test]
    fn a_part_named_twice_is_refused() {
        let error = plan(&TEXT.replace("\"jobs\"", "\"locks\"")).unwrap_err();
        assert!(error.contains("named twice"), "{error}");
    }
}

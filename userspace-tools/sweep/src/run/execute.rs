// SPDX-License-Identifier: GPL-2.0

//! Execution of a plan: every guest boot with missing records, then the end of the run.

use std::time::Duration;

use anyhow::anyhow;

use crate::{
    console::{interrupt, numbers::seconds, progress::Progress, stderr},
    judge::verdict::Verdict,
    plan::{experiment::Experiment, runs::Plan},
    run::{
        driver::{missing, Driver},
        finish::{finish, Output},
        looks,
    },
    store::{
        check,
        directory::{self, Results, UNDER_WAY},
        loaded::Loaded,
        provenance::Provenance,
        runs::Runs,
        times::Clock,
    },
};

/// A plan with its result directory, new or resumed.
pub struct Execution {
    /// The experiment.
    pub experiment: Experiment,
    /// Its plan.
    pub plan: Plan,
    /// The result directory.
    pub results: Results,
    /// The provenance so far.
    pub provenance: Provenance,
    /// The clock of the command.
    pub clock: Clock,
    /// Time limit of one guest boot; by default it follows from the estimate.
    pub timeout: Option<Duration>,
}

impl Execution {
    /// Boots every guest that has runs without a record, and finishes the result.
    pub fn run(self, output: &Output) -> anyhow::Result<Verdict> {
        let (loaded, results) = self.record()?;
        finish(output, loaded, &results)
    }

    /// Boots every guest that has runs without a record.
    pub fn record(self) -> anyhow::Result<(Loaded, Results)> {
        let Self {
            experiment,
            mut plan,
            results,
            mut provenance,
            clock,
            timeout,
        } = self;
        interrupt::look_for();
        results.mark(UNDER_WAY)?;
        let runs = Runs::open(&results.dir)?;
        let (all, had) = (plan.runs().count(), runs.records().len());
        announce(&experiment, &plan, had, &results);
        let mut driver = Driver {
            results: &results,
            progress: Progress::begin(all, had),
            timeout,
            runs,
        };
        for index in 0..plan.boots.len() {
            if looks::is_due(&plan, index) {
                let open = looks::open(&experiment, &provenance, driver.runs.records())?;
                looks::keep(&mut plan, index, &open);
                results.write(directory::PLAN_JSON, &serde_json::to_string(&plan)?)?;
                let line = format!("sweep: {} rules are open after {index} boots", open.len());
                driver.progress.print(&line);
                if looks::is_over(&plan.boots[index..]) {
                    break;
                }
            }
            let boot = &plan.boots[index];
            if missing(boot, driver.runs.records()).runs.is_empty() {
                continue;
            }
            if let Some(signal) = interrupt::signal() {
                driver.progress.end();
                let error = anyhow!("interrupted by signal {signal} between two guests");
                return Err(interrupted(&error, provenance, &results));
            }
            let (done, booted) = driver.boot(boot);
            booted.into_iter().for_each(|one| provenance.booted(one));
            let boots = provenance.boots.iter();
            provenance.times = clock.read(boots.map(|boot| (boot.seconds, boot.vm.as_ref())));
            if let Err(error) = done.and_then(|()| provenance.write(&results)) {
                driver.progress.end();
                return Err(interrupted(&error, provenance, &results));
            }
        }
        driver.progress.end();
        let records = driver.runs.into_records();
        if let Some(why) = check::incomplete(Some(&plan), &records) {
            return Err(interrupted(&anyhow!(why), provenance, &results));
        }
        let loaded = Loaded {
            experiment,
            provenance,
            plan: Some(plan),
            records,
            incomplete: None,
        };
        Ok((loaded, results))
    }
}

/// Prints what is about to run; `had` runs are recorded already.
fn announce(experiment: &Experiment, plan: &Plan, had: usize, results: &Results) {
    let already = match had {
        0 => String::new(),
        had => format!(", {had} of them already recorded"),
    };
    stderr::print_line(format_args!(
        "sweep: {}: {} runs in {}{already}, about {} in total, seed {}; results in {}",
        experiment.name,
        plan.runs().count(),
        plan.boot_count(),
        seconds(plan.estimate()),
        plan.seed,
        results.dir.display()
    ));
}

/// Marks the result as incomplete, with the cause; returns it with the next step. What a full disk has no space
/// for is left out: the mark of a result under way says enough.
fn interrupted(
    error: &anyhow::Error,
    mut provenance: Provenance,
    results: &Results,
) -> anyhow::Error {
    let dir = results.dir.display();
    provenance.outcome = format!("{error:#}. Try: sweep run --resume {dir}");
    let marked = results.mark(&provenance.outcome);
    let _ = marked.and_then(|()| provenance.write(results));
    anyhow!("cannot complete {dir}: {}", provenance.outcome)
}

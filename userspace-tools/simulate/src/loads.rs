// SPDX-License-Identifier: GPL-2.0

//! Modules that are simulated: which settings are, and a run of each.

mod bottleneck;
mod job_runner;
mod sloppy_counter;

use abi::lock_load;
use machine::{Plan, Policy};
use results::{AnyReport, LockLoad, Report, Settings};
pub use rig::Outcome;

use crate::{failed::Failed, run};

/// The settings of a module that is simulated.
pub trait Simulated: Settings {
    /// Its report.
    type Report: Report<Config = Self> + Into<AnyReport>;

    /// The most that a run takes until all threads are to leave, in milliseconds.
    fn length_ms(&self) -> u32;

    /// Runs these settings on a machine of `plan`. The plan ends later than the run: a thread that has not
    /// left by then never does.
    ///
    /// # Errors
    ///
    /// If they are not simulated, or a thread never left.
    fn simulate(&self, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed>;
}

impl Simulated for lock_load::Config {
    type Report = LockLoad;

    fn length_ms(&self) -> u32 {
        self.run_ms
    }

    fn simulate(&self, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
        let outcome = run(self, plan, policy)?;
        Ok(Outcome {
            report: outcome.report?,
            machine: outcome.machine,
        })
    }
}

/// Refuses the first of the settings that is set.
fn refuse(settings: &[(&'static str, bool)]) -> Result<(), Failed> {
    match settings.iter().find(|(_, is_set)| *is_set) {
        Some((name, _)) => Err(Failed::Setting(name)),
        None => Ok(()),
    }
}

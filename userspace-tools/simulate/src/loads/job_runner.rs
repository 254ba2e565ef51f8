// SPDX-License-Identifier: GPL-2.0

//! `job-runner`: all chunk policies, and job functions that only take time; one caller, without nodes.

use abi::job_runner::{Config, Cpus, JobFunction, Start, Switch};
use machine::{Plan, Policy};

use super::{refuse, Outcome, Simulated};
use crate::failed::Failed;

impl Simulated for Config {
    type Report = results::JobRunner;

    fn length_ms(&self) -> u32 {
        self.limit_ms
    }

    fn simulate(&self, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
        let takes_time = matches!(
            self.job,
            JobFunction::Spin | JobFunction::Uneven | JobFunction::Fault
        );
        refuse(&[
            ("job (allowed: spin uneven fault)", !takes_time),
            ("cpus", self.cpus != Cpus::ALL),
            ("nodes", self.nodes != 1),
            ("begin=queue_work", self.begin == Start::QueueWork),
            ("callers", self.callers != 1),
            ("nested", self.nested == Switch::On),
            ("check", self.check > 0),
            ("plain", self.plain == Switch::On),
        ])?;
        Ok(job_runner_sim::run(self, plan, policy)?)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Module `job-runner`: threads on vCPUs do the indices of a range, which they take in chunks.
//!
//! It measures the crate `job`, which any module may link: this one gives it work, and checks the
//! outcome by an oracle.

#![deny(unsafe_code)]

mod coverage;
mod marked;
mod nested;
mod oracle;
mod random_jobs;
mod report;
mod resources;
mod run;
mod step;
mod task;

use core::fmt::{
    self,
    Write, //
};

use abi::{
    job_runner::Config,
    Limits, //
};
use job::Pool;
use rig::{
    prelude::*,
    DelayLoop,
    FinishedRun,
    Load, //
};

use self::run::Run;

module! {
    type: Module,
    name: "job_runner",
    authors: ["Slowpath"],
    description: "Multithreaded jobs on vCPUs",
    license: "GPL",
}

rig::module_of!(JobRunner, JobRunner::new()?);

/// Time after its deadline at which a job counts as stuck and is cancelled.
const DEADLINE_GRACE_MS: u32 = 1000;

struct JobRunner {
    delay_loop: DelayLoop,
    pool: Arc<Pool>,
}

impl JobRunner {
    fn new() -> Result<Self> {
        Ok(Self {
            delay_loop: DelayLoop::calibrate(),
            pool: Arc::new(Pool::new(Self::NAME)?, GFP_KERNEL)?,
        })
    }
}

impl Load for JobRunner {
    type Run = Run;
    const NAME: &'static CStr = c"job-runner";
    rig::settings!(Config);

    /// A job ends at its own deadline; the stop flag only bounds one that does not. Random jobs have
    /// deadlines of their own, and the flag ends their series.
    fn length_ms(config: &Config) -> u32 {
        match config.check {
            0 => config.limit_ms.saturating_add(DEADLINE_GRACE_MS),
            _ => config.limit_ms,
        }
    }

    fn prepare(
        &self,
        config: &Config,
        limits: &Limits,
        preparation: &Preparation,
    ) -> Result<Run, Refused> {
        let pool = self.pool.clone();
        Run::new(config, limits, self.delay_loop, pool, preparation)
    }

    fn threads(run: &Run) -> u32 {
        run.callers()
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        run.call(worker);
    }

    fn now(run: &Run, to: &mut Text) -> fmt::Result {
        writeln!(to, "{}", run.progress.snapshot())
    }

    fn report(&self, finished: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(finished, to)
    }
}

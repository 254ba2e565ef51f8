// SPDX-License-Identifier: GPL-2.0

//! Threads on vCPUs do the items of a range, handed out in chunks.
//!
//! What is measured is the crate `job`, which any module may link; this one gives it work, and
//! holds what it does against an oracle.

#![deny(unsafe_code)]

mod afford;
mod coverage;
mod errand;
mod random;
mod report;
mod run;
mod step;

use core::fmt::{
    self,
    Write, //
};

use abi::{
    job_runner::{
        Config,
        Progress, //
    },
    Limits, //
};
use job::Pool;
use kernel::{
    prelude::*,
    str::CStr,
    sync::Arc, //
};
use rig::{
    DelayLoop,
    FinishedRun,
    Load,
    Refused,
    Runner,
    Text,
    Worker, //
};

use self::run::Run;

module! {
    type: Module,
    name: "job_runner",
    authors: ["Slowpath"],
    description: "Multithreaded jobs on vCPUs",
    license: "GPL",
}

struct Module {
    _runner: Runner<JobRunner>,
}

impl kernel::Module for Module {
    fn init(_: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _runner: Runner::new(JobRunner {
                delay_loop: DelayLoop::calibrate(),
                pool: Arc::new(Pool::new(JobRunner::NAME)?, GFP_KERNEL)?,
            })?,
        })
    }
}

struct JobRunner {
    delay_loop: DelayLoop,
    pool: Arc<Pool>,
}

impl Load for JobRunner {
    type Run = Run;
    const NAME: &'static CStr = c"job-runner";
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.limit_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits) -> Result<Run, Refused> {
        Run::new(config, limits, self.delay_loop, self.pool.clone())
    }

    fn threads(run: &Run) -> u32 {
        run.callers()
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        run.call(worker);
    }

    fn now(run: &Run, to: &mut Text) -> fmt::Result {
        let so_far = run.ticket.progress();
        let progress = Progress {
            done: so_far.done,
            total: so_far.total,
            elapsed_ns: so_far.elapsed_ns,
            rate: so_far.rate,
            eta_ns: so_far.eta_ns,
            workers: so_far.workers,
        };
        writeln!(to, "{progress}")
    }

    fn report(&self, ended: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(ended, to)
    }
}

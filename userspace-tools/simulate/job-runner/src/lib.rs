// SPDX-License-Identifier: GPL-2.0

//! Module `job-runner` on a simulated machine: the source of its oracle and report is the module's own. One
//! caller, whose workers are the vCPUs; steps that take time alone.

#![forbid(unsafe_code)]

/// Declares modules whose source is the kernel module's. (A macro, so that `rustfmt` formats it there.)
macro_rules! shared {
    ($($path:literal $module:ident;)*) => {$(
        #[allow(dead_code, reason = "some is for what is not simulated")]
        #[path = $path]
        mod $module;
    )*};
}
shared! {
    "../../../../rust_modules/job_runner/coverage.rs" coverage;
    "../../../../rust_modules/job_runner/marked.rs" marked;
    "../../../../rust_modules/job_runner/oracle.rs" oracle;
    "../../../../rust_modules/job_runner/task.rs" task;
}
/// The same, by symbolic links, since it has a module of its own.
macro_rules! linked {
    ($module:ident) => {
        mod $module;
    };
}
linked!(report);
mod run;
mod step;

use core::fmt;

use abi::{job_runner::Config, Limits};
use machine::{Plan, Policy};
use rig::{prelude::*, Failed, FinishedRun, Load, Outcome};

use self::run::Run;

/// Runs `config` on a machine of `plan`, whose vCPUs are the workers. The plan ends later than the run: a
/// worker that has not left by then never does.
///
/// # Errors
///
/// If the settings are refused, or a worker never left.
pub fn run(config: &Config, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
    rig::run::<JobRunner>(config, config.max_threads, plan, policy)
}

/// The load.
enum JobRunner {}

impl Load for JobRunner {
    type Config = Config;
    type Run = Run;

    fn prepare(config: &Config, _: &Limits) -> Result<Run, Refused> {
        Run::new(config)
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        run.call.run(worker.index);
    }

    fn report(finished: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        finished.run.end();
        report::write(finished, to)
    }
}

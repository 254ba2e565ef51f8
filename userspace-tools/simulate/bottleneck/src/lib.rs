// SPDX-License-Identifier: GPL-2.0

//! Module `bottleneck` on a simulated machine: the source of its workloads, run and report is the module's
//! own.

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
    "../../../../rust_modules/bottleneck/findings.rs" findings;
    "../../../../rust_modules/bottleneck/prelude.rs" prelude;
    "../../../../rust_modules/bottleneck/report.rs" report;
    "../../../../rust_modules/bottleneck/run.rs" run;
    "../../../../rust_modules/bottleneck/storage.rs" storage;
    "../../../../rust_modules/bottleneck/thread_stats.rs" thread_stats;
    "../../../../rust_modules/bottleneck/timed.rs" timed;
    "../../../../rust_modules/bottleneck/workload.rs" workload;
}
mod workloads;

use core::fmt;

use abi::{bottleneck::Config, Limits};
use machine::{Plan, Policy};
use rig::{prelude::*, Failed, FinishedRun, Load, Outcome};

use self::run::Run;

/// Runs `config` on a machine of `plan`, whose vCPUs are the threads. The plan ends later than the run: a
/// thread that has not left by then never does.
///
/// # Errors
///
/// If the settings are refused, or a thread never left.
pub fn run(config: &Config, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
    rig::run::<Bottleneck>(config, config.threads, plan, policy)
}

/// The load.
enum Bottleneck {}

impl Load for Bottleneck {
    type Config = Config;
    type Run = Run;

    fn prepare(config: &Config, limits: &Limits) -> Result<Run, Refused> {
        Run::new(config, limits)
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        run.work(worker);
    }

    fn report(finished: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(finished, to)
    }
}

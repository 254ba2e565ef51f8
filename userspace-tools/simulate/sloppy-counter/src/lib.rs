// SPDX-License-Identifier: GPL-2.0

//! Module `sloppy-counter` on a simulated machine: the source of its works, counters' promises, audit and
//! report is the module's own.

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
    "../../../../rust_modules/sloppy_counter/adds.rs" adds;
    "../../../../rust_modules/sloppy_counter/adds_report.rs" adds_report;
    "../../../../rust_modules/sloppy_counter/audit.rs" audit;
    "../../../../rust_modules/sloppy_counter/fit.rs" fit;
    "../../../../rust_modules/sloppy_counter/history.rs" history;
    "../../../../rust_modules/sloppy_counter/ids.rs" ids;
    "../../../../rust_modules/sloppy_counter/limit.rs" limit;
    "../../../../rust_modules/sloppy_counter/many.rs" many;
    "../../../../rust_modules/sloppy_counter/promises.rs" promises;
    "../../../../rust_modules/sloppy_counter/refs.rs" refs;
    "../../../../rust_modules/sloppy_counter/registry.rs" registry;
    "../../../../rust_modules/sloppy_counter/subject.rs" subject;
    "../../../../rust_modules/sloppy_counter/work.rs" work;
}
mod run;

use abi::sloppy_counter::Config;
use machine::{Plan, Policy};
use rig::{Failed, Outcome};

use self::run::SloppyCounter;

/// Runs `config` on a machine of `plan`, whose vCPUs are the threads. The plan ends later than the run: a
/// thread that has not left by then never does.
///
/// # Errors
///
/// If the settings are refused, or a thread never left.
pub fn run(config: &Config, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
    rig::run::<SloppyCounter>(config, config.threads, plan, policy)
}

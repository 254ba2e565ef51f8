// SPDX-License-Identifier: GPL-2.0

//! Module that runs the scalability bottlenecks of `algo`, baseline and fixes, with threads on
//! vCPUs.

#![deny(unsafe_code)]

mod findings;
mod prelude;
mod report;
mod run;
mod storage;
mod thread_stats;
mod timed;
mod workload;
mod workloads;

use core::fmt;

use abi::{
    bottleneck::Config,
    Limits, //
};
use rig::{
    prelude::*,
    FinishedRun,
    Load, //
};

use self::run::Run;

module! {
    type: Module,
    name: "bottleneck",
    authors: ["Slowpath"],
    description: "Bottlenecks of the kernel's past under load on vCPUs",
    license: "GPL",
}

rig::module_of!(Bottleneck, Bottleneck);

struct Bottleneck;

impl Load for Bottleneck {
    type Run = Run;
    const NAME: &'static CStr = c"bottleneck";
    const START_TIMEOUT_MS: u32 = rig::START_TIMEOUT_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits, _: &Preparation) -> Result<Run, Refused> {
        Run::new(config, limits)
    }

    fn threads(run: &Run) -> u32 {
        run.config.threads
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        run.work(worker);
    }

    fn report_bytes(run: &Run) -> usize {
        report::bytes(run.config.threads)
    }

    fn report(&self, ended: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(ended, to)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Threads on vCPUs add to one counter, or do what else counters are for.

#![deny(unsafe_code)]

mod audit;
mod bout;
mod control;
mod history;
mod ids;
mod kernel_counters;
mod limit;
mod many;
mod promises;
mod race;
mod refs;
mod report;
mod table;
mod total;

use core::fmt;

use abi::{
    sloppy_counter::Config,
    Limits, //
};
use kernel::{
    prelude::*,
    str::CStr, //
};
use rig::{
    Control,
    FinishedRun,
    Load,
    Refused,
    Runner,
    Text,
    Worker, //
};

use self::bout::Bout;

module! {
    type: Module,
    name: "sloppy_counter",
    authors: ["Slowpath"],
    description: "Counters under load on vCPUs",
    license: "GPL",
}

struct Module {
    _runner: Runner<SloppyCounter>,
}

impl kernel::Module for Module {
    fn init(_: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _runner: Runner::new(SloppyCounter)?,
        })
    }
}

struct SloppyCounter;

impl Load for SloppyCounter {
    type Run = Bout;
    const NAME: &'static CStr = c"sloppy-counter";
    const START_TIMEOUT_MS: u32 = rig::START_TIMEOUT_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits) -> Result<Bout, Refused> {
        Bout::new(config, limits)
    }

    fn threads(run: &Bout) -> u32 {
        run.threads
    }

    fn work(run: &Bout, worker: &Worker<'_>) {
        run.kind.work(worker);
    }

    fn control(run: &Bout, control: &Control<'_>) -> Result<(), Refused> {
        run.control(control)
    }

    fn change(run: &Bout, config: &Config) {
        run.kind.change(config.threshold);
    }

    fn now(run: &Bout, to: &mut Text) -> fmt::Result {
        report::now(run, to)
    }

    fn report(&self, ended: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(ended, to)
    }
}

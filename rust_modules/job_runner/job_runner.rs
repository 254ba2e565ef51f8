// SPDX-License-Identifier: GPL-2.0

//! Threads on vCPUs do the items of a range, handed out in chunks.

#![deny(unsafe_code)]

mod coverage;
mod job;
mod report;
mod shift;
mod table;

use core::fmt;

use abi::{
    job_runner::Config,
    Limits, //
};
use kernel::{
    prelude::*,
    str::CStr, //
};
use rig::{
    Ended,
    Load,
    Pace,
    Refused,
    Stand,
    Text,
    Worker, //
};

use self::shift::Shift;

module! {
    type: Module,
    name: "job_runner",
    authors: ["Slowpath"],
    description: "Multithreaded jobs on vCPUs",
    license: "GPL",
}

struct Module {
    _stand: Stand<JobRunner>,
}

impl kernel::Module for Module {
    fn init(_: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _stand: Stand::new(JobRunner {
                pace: Pace::measure(),
            })?,
        })
    }
}

struct JobRunner {
    pace: Pace,
}

impl Load for JobRunner {
    type Run = Shift;
    const NAME: &'static CStr = c"job-runner";
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.limit_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits) -> Result<Shift, Refused> {
        Shift::new(config, limits, self.pace)
    }

    fn threads(run: &Shift) -> u32 {
        run.workers()
    }

    fn work(run: &Shift, worker: &Worker<'_>) {
        run.take_part(worker);
    }

    fn report(&self, ended: &Ended<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(ended, to)
    }
}

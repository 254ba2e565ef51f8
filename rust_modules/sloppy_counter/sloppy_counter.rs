// SPDX-License-Identifier: GPL-2.0

//! Threads on vCPUs add to one counter, exact or sloppy.

#![deny(unsafe_code)]

mod kernel_counter;
mod race;
mod report;
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
    Ended,
    Load,
    Refused,
    Stand,
    Text,
    Worker, //
};

use self::race::Race;

module! {
    type: Module,
    name: "sloppy_counter",
    authors: ["Slowpath"],
    description: "Counters under load on vCPUs",
    license: "GPL",
}

struct Module {
    _stand: Stand<SloppyCounter>,
}

impl kernel::Module for Module {
    fn init(_: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _stand: Stand::new(SloppyCounter)?,
        })
    }
}

struct SloppyCounter;

impl Load for SloppyCounter {
    type Run = Race;
    const NAME: &'static CStr = c"sloppy-counter";
    const LINE_UP_MS: u32 = race::PATIENCE_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits) -> Result<Race, Refused> {
        Race::new(config, limits)
    }

    fn threads(run: &Race) -> u32 {
        run.threads()
    }

    fn work(run: &Race, worker: &Worker<'_>) {
        run.take_part(worker);
    }

    fn change(run: &Race, config: &Config) {
        run.change(config.threshold);
    }

    fn report(&self, ended: &Ended<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(ended, to)
    }
}

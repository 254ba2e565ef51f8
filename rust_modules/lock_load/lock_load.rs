// SPDX-License-Identifier: GPL-2.0

//! Threads on vCPUs take turns in a critical section, under one of many locks.

#![deny(unsafe_code)]

mod arena;
mod contest;
mod kernel_locks;
mod line_up;
mod report;
mod table;
mod words;

use core::fmt;

use abi::{
    lock_load::{
        Config,
        KernelLock,
        Kick, //
    },
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

use self::contest::Contest;

module! {
    type: Module,
    name: "lock_load",
    authors: ["Slowpath"],
    description: "Locks under load on vCPUs",
    license: "GPL",
}

struct Module {
    _stand: Stand<LockLoad>,
}

impl kernel::Module for Module {
    fn init(_: &'static ThisModule) -> Result<Self> {
        let load = LockLoad::new()?;
        pr_info!(
            "kernel lock {}, kick {}, {} loops per us\n",
            load.kernel_lock.name(),
            load.kick.name(),
            load.pace.loops_per_us()
        );
        Ok(Self {
            _stand: Stand::new(load)?,
        })
    }
}

/// The machine, as it was found.
struct LockLoad {
    kernel_lock: KernelLock,
    kick: Kick,
    pace: Pace,
}

impl LockLoad {
    fn new() -> Result<Self> {
        Ok(Self {
            kernel_lock: rig::kernel_lock()?,
            kick: rig::kick(),
            pace: Pace::measure(),
        })
    }
}

impl Load for LockLoad {
    type Run = Contest;
    const NAME: &'static CStr = c"lock-load";
    const LINE_UP_MS: u32 = 2 * line_up::PATIENCE_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, _: &Limits) -> Result<Contest, Refused> {
        Contest::new(config, self.pace)
    }

    fn threads(run: &Contest) -> u32 {
        run.threads()
    }

    fn work(run: &Contest, worker: &Worker<'_>) {
        run.take_part(worker);
    }

    fn report(&self, ended: &Ended<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(self, ended, to)
    }
}

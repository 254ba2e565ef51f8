// SPDX-License-Identifier: GPL-2.0

//! Threads on vCPUs take turns in a critical section, under one of many locks.

#![deny(unsafe_code)]

mod arena;
mod contest;
mod disturb;
mod halts;
mod job;
mod kernel_locks;
mod line_up;
mod pair;
mod report;
mod table;
mod tally;
mod told;
mod trial;
mod words;

use core::fmt;

use abi::{
    lock_load::{
        Config,
        KernelLock,
        Mode,
        ModeWanted, //
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
    Stage,
    Stand,
    Text,
    Worker, //
};

use self::job::Job;

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
            "kernel lock {}, mode {}, {} loops per us\n",
            load.kernel_lock.name(),
            load.mode.name(),
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
    mode: Mode,
    pace: Pace,
}

impl LockLoad {
    fn new() -> Result<Self> {
        let kernel_lock = rig::kernel_lock()?;
        Ok(Self {
            kernel_lock,
            mode: rig::mode(kernel_lock),
            pace: Pace::measure(),
        })
    }

    /// Refuses a run whose numbers would be of another mode than it says.
    fn must_be_in(&self, wanted: ModeWanted) -> Result<(), Refused> {
        if wanted.admits(self.mode) {
            return Ok(());
        }
        Err(Refused::new(
            ENODEV,
            format_args!(
                "`mode={wanted}`: this guest is in mode {}, kernel/raw_spin being {}",
                self.mode, self.kernel_lock
            ),
        ))
    }
}

impl Load for LockLoad {
    type Run = Job;
    const NAME: &'static CStr = c"lock-load";
    const LINE_UP_MS: u32 = 2 * line_up::PATIENCE_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits) -> Result<Job, Refused> {
        self.must_be_in(config.mode)?;
        Job::new(config, self.pace, limits)
    }

    fn threads(run: &Job) -> u32 {
        run.threads()
    }

    fn work(run: &Job, worker: &Worker<'_>) {
        run.take_part(worker);
    }

    fn conduct(run: &Job, stage: &Stage<'_>) -> Result<(), Refused> {
        run.conduct(stage)
    }

    fn change(run: &Job, config: &Config) {
        run.change(config);
    }

    fn report(&self, ended: &Ended<'_, Self>, to: &mut Text) -> fmt::Result {
        report::write(self, ended, to)
    }
}

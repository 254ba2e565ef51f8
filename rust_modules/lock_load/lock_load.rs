// SPDX-License-Identifier: GPL-2.0

//! Threads on vCPUs take turns in a critical section, under one of many locks.

#![deny(unsafe_code)]

mod arena;
mod contest;
mod diary;
mod disturb;
mod halts;
mod instruments;
mod job;
mod observer;
mod pair;
mod probe;
mod report;
mod start_barrier;
mod stops;
mod table;
mod tally;
mod told;
mod trial;
mod watched;
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
use algo::Events;
use kernel::{
    prelude::*,
    str::CStr, //
};
use rig::{
    Control,
    DelayLoop,
    EventFiles,
    FinishedRun,
    Load,
    Refused,
    Runner,
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
    _runner: Runner<LockLoad>,
}

impl kernel::Module for Module {
    fn init(_: &'static ThisModule) -> Result<Self> {
        let load = LockLoad::new()?;
        pr_info!(
            "kernel lock {}, mode {}, {} loops per us\n",
            load.kernel_lock.name(),
            load.mode.name(),
            load.delay_loop.loops_per_us()
        );
        Ok(Self {
            _runner: Runner::new(load)?,
        })
    }
}

/// The machine, as it was found.
struct LockLoad {
    kernel_lock: KernelLock,
    mode: Mode,
    delay_loop: DelayLoop,
    /// The events of the last finished run.
    events: EventFiles,
}

impl LockLoad {
    fn new() -> Result<Self> {
        let kernel_lock = rig::kernel_lock()?;
        Ok(Self {
            kernel_lock,
            mode: rig::mode(kernel_lock),
            delay_loop: DelayLoop::calibrate(),
            events: EventFiles::new(c"events", Events::NAMES)?,
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
    const START_TIMEOUT_MS: u32 = 2 * start_barrier::PATIENCE_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits) -> Result<Job, Refused> {
        self.must_be_in(config.mode)?;
        Job::new(config, self.delay_loop, limits)
    }

    fn threads(run: &Job) -> u32 {
        run.threads()
    }

    fn work(run: &Job, worker: &Worker<'_>) {
        run.take_part(worker);
    }

    fn control(run: &Job, control: &Control<'_>) -> Result<(), Refused> {
        run.control(control)
    }

    fn change(run: &Job, config: &Config) {
        run.change(config);
    }

    fn report_bytes(run: &Job) -> usize {
        let contest = run.contest();
        let watched = contest.is_some_and(|contest| contest.instruments.is_some());
        watched::report_bytes(run.threads(), watched)
    }

    fn event_files(&self) -> Option<&EventFiles> {
        Some(&self.events)
    }

    fn report(&self, ended: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        self.events.clear();
        if let Some(contest) = ended.run.contest() {
            self.events.set(contest.events().map(|(_, count)| count));
        }
        report::write(self, ended, to)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! One run: what its threads do, and what ends their halts.

use abi::{
    lock_load::{
        Config,
        Irqs,
        Kick, //
    },
    trial::Load,
    Limits, //
};
use kernel::prelude::*;
use rig::{
    ActiveWatchdog,
    Control,
    DelayLoop,
    Refused,
    Region,
    Watchdog,
    Worker, //
};

use crate::{
    contest::Contest,
    halts::Halts,
    trial::Trial, //
};

/// A run.
pub(crate) struct Job {
    pub(crate) kick: Kick,
    pub(crate) task: Task,
    /// Halts with interrupts off need somebody who would end them.
    _duty: Option<ActiveWatchdog>,
}

/// What the threads do.
pub(crate) enum Task {
    Contest(KBox<Contest>),
    Trial(Trial),
    Halts(Halts),
}

impl Job {
    pub(crate) fn new(
        config: &Config,
        delay_loop: DelayLoop,
        limits: &Limits,
    ) -> Result<Self, Refused> {
        let kick = rig::kick(config.kick)?;
        // What only a kick ends is a trial of kicks; an interrupt would need interrupts.
        let irqs_off = kick != Kick::Ipi;
        let task = match config.load {
            Load::Contest => {
                let contest = Contest::new(config, delay_loop, kick, limits)?;
                Task::Contest(KBox::new(contest, GFP_KERNEL)?)
            }
            load if disturbed(config) => {
                return Err(Refused::new(
                    EINVAL,
                    format_args!(
                        "`load={load}`: a trial is not to be disturbed; set stutter_ms, \
                         shuffle_ms, onoff_ms, long_hold_ms and boost_ms to 0, nested to 1, \
                         acquire to lock, irqs to on"
                    ),
                ))
            }
            load if config.threads < 2 => {
                return Err(Refused::new(
                    ERANGE,
                    format_args!("`load={load} threads=1`: one halts, another kicks; allowed: 2.."),
                ))
            }
            Load::Halts => Task::Halts(Halts::new(config, irqs_off)?),
            _ => Task::Trial(Trial::new(config, irqs_off)?),
        };
        let duty = match (&task, config.irqs) {
            (Task::Contest(_), Irqs::Off) if irqs_off => {
                let dog = Watchdog::new(config.threads, irqs_off, Region::none())?;
                Some(dog.activate())
            }
            _ => None,
        };
        rig::kick_by(kick);
        Ok(Self {
            kick,
            task,
            _duty: duty,
        })
    }

    pub(crate) fn threads(&self) -> u32 {
        match &self.task {
            Task::Contest(contest) => contest.threads(),
            Task::Trial(trial) => trial.tally().threads(),
            Task::Halts(halts) => halts.tally().threads(),
        }
    }

    /// Returns the contest, if that is what it is.
    pub(crate) fn contest(&self) -> Option<&Contest> {
        match &self.task {
            Task::Contest(contest) => Some(contest),
            Task::Trial(_) | Task::Halts(_) => None,
        }
    }

    pub(crate) fn control(&self, control: &Control<'_>) -> Result<(), Refused> {
        match &self.task {
            Task::Contest(contest) => contest.control(control),
            Task::Trial(_) | Task::Halts(_) => Ok(()),
        }
    }

    pub(crate) fn change(&self, config: &Config) {
        if let Task::Contest(contest) = &self.task {
            contest.change(config);
        }
    }

    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        match &self.task {
            Task::Contest(contest) => contest.take_part(worker),
            Task::Trial(trial) => trial.take_part(worker),
            Task::Halts(halts) => halts.take_part(worker),
        }
    }
}

/// Whether something is set that a trial would ignore.
fn disturbed(config: &Config) -> bool {
    let plain = Config::default();
    let asked = Config {
        stutter_ms: config.stutter_ms,
        shuffle_ms: config.shuffle_ms,
        onoff_ms: config.onoff_ms,
        long_hold_ms: config.long_hold_ms,
        nested: config.nested,
        acquire: config.acquire,
        irqs: config.irqs,
        boost_ms: config.boost_ms,
        ..plain
    };
    asked != plain
}

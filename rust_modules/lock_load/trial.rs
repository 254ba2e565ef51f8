// SPDX-License-Identifier: GPL-2.0

//! Trials of halts and kicks: a wake-up that is lost is named, whatever else would hide it. Deadlocks that are to
//! be detected. And what is timed by the TSC: the steps of one thread alone, and primitives.

mod deadlocks;
mod halts;
mod kicks;
mod members;
mod pair;
mod primitives;
mod steps;

use abi::{
    lock_load::Lock as Name,
    trial::Load, //
};

use self::{
    deadlocks::DeadlockTrial,
    halts::HaltTrial,
    kicks::KickTrial,
    primitives::PrimitiveTrial,
    steps::StepTrial, //
};
use crate::{
    prelude::*,
    workload::Workload, //
};

/// Makes the trial that `config` selects.
pub(crate) fn new(config: &Config, kick: Kick) -> Result<KBox<dyn Workload>, Refused> {
    let (load, threads) = (config.load, config.threads);
    if has_torture_options(config) {
        return Err(Refused::new(
            EINVAL,
            format_args!(
                "`load={load}`: a trial takes no torture options; allowed: 0 for readers_pct, \
                 stutter_ms, shuffle_ms, onoff_ms, long_hold_ms and boost_ms, nested=1, acquire=lock, irqs=on"
            ),
        ));
    }
    if load == Load::Steps && threads != 1 {
        return Err(Refused::new(
            ERANGE,
            format_args!(
                "`load={load} threads={threads}`: the steps of one thread are timed; allowed: 1"
            ),
        ));
    }
    if load == Load::Deadlocks && threads != 2 {
        return Err(Refused::new(
            ERANGE,
            format_args!(
                "`load={load} threads={threads}`: a deadlock of two threads is made; allowed: 2"
            ),
        ));
    }
    if load == Load::Primitives && threads != 2 {
        return Err(Refused::new(
            ERANGE,
            format_args!(
                "`load={load} threads={threads}`: one thread leads, one follows; allowed: 2"
            ),
        ));
    }
    if load.is_trial() && threads < 2 {
        return Err(Refused::new(
            ERANGE,
            format_args!(
                "`load={load} threads={threads}`: one thread halts, another kicks; allowed: 2.."
            ),
        ));
    }
    let ends_by = rig::halt_end(kick);
    Ok(match load {
        Load::Deadlocks => match config.lock {
            Name::Resilient => boxed(|| DeadlockTrial::<true>::new(config))?,
            Name::ResilientUnconfirmed => boxed(|| DeadlockTrial::<false>::new(config))?,
            lock => {
                return Err(Refused::new(
                    EINVAL,
                    format_args!(
                        "`load={load}`: a deadlock on {lock} does not end. Try: lock={}",
                        Name::Resilient
                    ),
                ));
            }
        },
        Load::Steps => boxed(|| StepTrial::new(config))?,
        Load::Primitives => boxed(|| PrimitiveTrial::new(config, kick))?,
        Load::Halts => boxed(|| HaltTrial::new(config, ends_by))?,
        _ => boxed(|| KickTrial::new(config, ends_by))?,
    })
}

/// Allocates what `make` returns. A frame of its own: those of all trials together fill the stack.
#[inline(never)]
fn boxed<T: Workload + 'static>(
    make: impl FnOnce() -> Result<T, Refused>,
) -> Result<KBox<dyn Workload>, Refused> {
    Ok(KBox::new(make()?, GFP_KERNEL)?)
}

/// Whether a setting is changed that a trial would ignore.
fn has_torture_options(config: &Config) -> bool {
    let default = Config::default();
    let changed = Config {
        readers_pct: config.readers_pct,
        stutter_ms: config.stutter_ms,
        shuffle_ms: config.shuffle_ms,
        onoff_ms: config.onoff_ms,
        long_hold_ms: config.long_hold_ms,
        nested: config.nested,
        acquire: config.acquire,
        irqs: config.irqs,
        boost_ms: config.boost_ms,
        ..default
    };
    changed != default
}

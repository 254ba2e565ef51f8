// SPDX-License-Identifier: GPL-2.0

//! Check of the torture options and of `histograms` against the facts of the lock.

use crate::prelude::*;
use abi::lock_load::{
    Acquire,
    Irqs,
    Switch, //
};

/// Refuses options that cannot work.
pub(super) fn check(config: &Config, kick: Kick, limits: &Limits) -> Result<(), Refused> {
    let (lock, facts) = (config.lock, config.lock.facts());
    let refuse = |why: core::fmt::Arguments<'_>| Err(Refused::new(EINVAL, why));
    if config.histograms == Switch::On && facts.delegates {
        return refuse(format_args!(
            "`histograms=on`: sections of {lock} run on the threads of others, and a sampler is of one \
             thread; allowed: histograms=off"
        ));
    }
    if config.acquire == Acquire::Try && facts.no_trylock {
        return refuse(format_args!(
            "`acquire=try`: {lock} has no trylock; allowed: acquire=lock"
        ));
    }
    if config.onoff_ms > 0 && limits.vcpus < 2 {
        let onoff_ms = config.onoff_ms;
        return refuse(format_args!(
            "`onoff_ms={onoff_ms}`: the only online vCPU cannot go offline; allowed: 0"
        ));
    }
    if config.irqs == Irqs::On {
        return Ok(());
    }
    let why = if facts.sleeps {
        "sleep, which needs interrupts"
    } else if facts.drops_kicks {
        "are not kicked, and nothing else would end a halt"
    } else if facts.halts && kick == Kick::Ipi {
        "halt, and the kick here is an interrupt"
    } else {
        return Ok(());
    };
    refuse(format_args!(
        "`irqs=off`: waiters of {lock} {why} (kick={kick}); allowed: irqs=on, or a lock that spins"
    ))
}

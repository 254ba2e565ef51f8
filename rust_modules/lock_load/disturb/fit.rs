// SPDX-License-Identifier: GPL-2.0

//! Check of the torture options against the facts of the lock.

use abi::{
    lock_load::{
        Acquire,
        Config,
        Facts,
        Irqs,
        Kick, //
    },
    Limits, //
};
use kernel::prelude::*;
use rig::Refused;

/// Refuses what cannot work, saying what can.
pub(crate) fn fit(config: &Config, kick: Kick, limits: &Limits) -> Result<(), Refused> {
    let (lock, facts) = (config.lock, config.lock.facts());
    let no = |why: core::fmt::Arguments<'_>| Err(Refused::new(EINVAL, why));
    if config.acquire == Acquire::Try && facts.no_trylock {
        return no(format_args!(
            "`acquire=try`: {lock} has no trylock; allowed with it: acquire=lock"
        ));
    }
    if config.onoff_ms > 0 && limits.vcpus < 2 {
        return no(format_args!(
            "`onoff_ms={}`: one vCPU is online, and the last one cannot go; allowed: 0",
            config.onoff_ms
        ));
    }
    if config.irqs == Irqs::On {
        return Ok(());
    }
    match facts {
        Facts { sleeps: true, .. } => no(format_args!(
            "`irqs=off`: a waiter of {lock} sleeps, which takes interrupts; allowed: irqs=on, or \
             a lock that spins"
        )),
        Facts {
            drops_kicks: true, ..
        } => no(format_args!(
            "`irqs=off`: a waiter of {lock} is not kicked, and nothing else would end its halt; \
             allowed: irqs=on"
        )),
        Facts { halts: true, .. } if kick == Kick::Ipi => no(format_args!(
            "`irqs=off`: a waiter of {lock} halts, and here an interrupt has to end that \
             (kick={kick}); allowed: irqs=on, or a lock that spins"
        )),
        _ => Ok(()),
    }
}

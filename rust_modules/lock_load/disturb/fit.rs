// SPDX-License-Identifier: GPL-2.0

//! Which disturbances a lock cannot be under, and why.

use abi::{
    lock_load::{
        Acquire,
        Config,
        Irqs,
        Kick,
        Lock, //
    },
    Limits, //
};
use kernel::prelude::*;
use rig::Refused;

use crate::table::Entry;

/// What a waiter does when it has to wait.
enum Waiting {
    /// It stays on its vCPU.
    Spins,
    /// It halts its vCPU until it is kicked.
    Halts,
    /// It halts its vCPU, and is never kicked: the next interrupt saves it.
    HaltsUnkicked,
}

fn waiting(lock: Lock) -> Waiting {
    match lock {
        Lock::Empty | Lock::Busted | Lock::Tas | Lock::Ttas | Lock::Ticket => Waiting::Spins,
        Lock::McsSpin | Lock::McsYield | Lock::ClhSpin => Waiting::Spins,
        Lock::PreemptableTicket | Lock::KernelRawSpin | Lock::KernelRwLock => Waiting::Spins,
        // They sleep, which was asked before.
        Lock::KernelMutex | Lock::KernelRwsem | Lock::KernelPercpuRwsem => Waiting::Spins,
        Lock::McsHalt | Lock::McsSpinThenHalt => Waiting::Halts,
        Lock::ClhHalt | Lock::ClhSpinThenHalt => Waiting::Halts,
        Lock::PvByte | Lock::PvTicket | Lock::PvQueued => Waiting::Halts,
        Lock::McsBusted => Waiting::HaltsUnkicked,
    }
}

/// Refuses what cannot work, saying what can.
pub(crate) fn fit(
    config: &Config,
    entry: &Entry,
    kick: Kick,
    limits: &Limits,
) -> Result<(), Refused> {
    let lock = config.lock;
    let no = |why: core::fmt::Arguments<'_>| Err(Refused::new(EINVAL, why));
    if config.acquire == Acquire::Try && !entry.tries {
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
    if entry.sleeps {
        return no(format_args!(
            "`irqs=off`: a waiter of {lock} sleeps, which takes interrupts; allowed: irqs=on, or \
             a lock that spins"
        ));
    }
    match (waiting(lock), kick) {
        (Waiting::Spins, _) | (Waiting::Halts, Kick::Hypercall | Kick::PvOps) => Ok(()),
        (Waiting::Halts, Kick::Ipi) => no(format_args!(
            "`irqs=off`: a waiter of {lock} halts, and here an interrupt has to end that \
             (kick={kick}); allowed: irqs=on, or a lock that spins"
        )),
        (Waiting::HaltsUnkicked, _) => no(format_args!(
            "`irqs=off`: a waiter of {lock} is not kicked, and nothing else would end its halt; \
             allowed: irqs=on"
        )),
    }
}

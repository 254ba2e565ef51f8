// SPDX-License-Identifier: GPL-2.0

//! Check of the readers of a run: the lock has a read side, and nothing else is asked of how it is taken.

use abi::lock_load::{
    Irqs,
    Victim, //
};

use crate::{
    lock::keeps_order,
    prelude::*, //
};

/// Refuses readers that cannot be.
pub(super) fn check(config: &Config) -> Result<(), Refused> {
    let (lock, readers_pct) = (config.lock, config.readers_pct);
    let refuse = |why: core::fmt::Arguments<'_>| Err(Refused::new(EINVAL, why));
    if readers_pct == 0 {
        return Ok(());
    }
    if !lock.facts().shares {
        return refuse(format_args!(
            "`readers_pct={readers_pct}`: {lock} has no read side; allowed: 0, or a lock that has one"
        ));
    }
    if !keeps_order(config) || config.irqs == Irqs::Off || config.preempt != Victim::None {
        return refuse(format_args!(
            "`readers_pct={readers_pct}`: readers wait with interrupts on, for one lock; allowed: 0, or \
             acquire=lock nested=1 irqs=on preempt=none"
        ));
    }
    Ok(())
}

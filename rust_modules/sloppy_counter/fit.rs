// SPDX-License-Identifier: GPL-2.0

//! Check of the settings against the facts of the counter.

use core::fmt;

use abi::{
    sloppy_counter::{
        Config,
        Counter,
        Switch,
        Work, //
    },
    Limits, //
};
use rig::prelude::*;

/// Refuses settings that cannot work together.
pub(crate) fn check(config: &Config, limits: &Limits) -> Result<(), Refused> {
    let Config {
        counter,
        work,
        irq_ms,
        change_ms,
        onoff_ms,
        ..
    } = *config;
    let audited = config.audit == Switch::On;
    let refuse = |why: fmt::Arguments<'_>| Err(Refused::new(EINVAL, why));
    if work != Work::Adds && (audited || irq_ms > 0 || change_ms > 0) {
        return refuse(format_args!(
            "`work={work}`: it has no audit, interrupts and changes of the threshold; allowed: \
             audit=off irq_ms=0 change_ms=0, or work=adds"
        ));
    }
    if audited && (counter == Counter::Empty || counter.facts().refs) {
        return refuse(format_args!(
            "`audit=on`: {counter} does not only count up; choose another counter"
        ));
    }
    if irq_ms > 0 && !counter.facts().irq_safe {
        return refuse(format_args!(
            "`irq_ms={irq_ms}`: an interrupt would wait for ever for the lock of {counter} that its \
             thread holds; allowed: 0"
        ));
    }
    if onoff_ms > 0 && limits.vcpus < 2 {
        return refuse(format_args!(
            "`onoff_ms={onoff_ms}`: the only online vCPU cannot go offline; allowed: 0"
        ));
    }
    Ok(())
}

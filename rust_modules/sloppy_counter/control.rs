// SPDX-License-Identifier: GPL-2.0

//! What happens to a run from outside: folds, interrupts, changes, vCPUs that go and come.

use abi::sloppy_counter::Config;
use kernel::prelude::*;
use rig::{
    bring_online,
    is_online,
    now_ns,
    possible_vcpus,
    take_offline,
    Control, //
    Refused,
    SingleWriter,
};

/// A run that things happen to.
pub(crate) trait Disturbed {
    /// Folds every vCPU.
    fn fold(&self);

    /// Adds in an interrupt on every vCPU.
    fn interrupt(&self) {}

    /// Changes the threshold.
    fn change(&self) {}
}

/// How often each thing happened.
#[derive(Default)]
pub(crate) struct Happened {
    pub(crate) folds: SingleWriter,
    pub(crate) changes: SingleWriter,
    pub(crate) deaths: SingleWriter,
}

/// Something that happens again and again.
struct Event {
    every_ns: u64,
    next_ns: u64,
}

impl Event {
    fn every(ms: u32) -> Self {
        let every_ns = u64::from(ms).saturating_mul(1_000_000);
        Self {
            every_ns,
            next_ns: if ms == 0 { u64::MAX } else { every_ns },
        }
    }

    /// Returns whether it is time; then again that much later, not sooner.
    fn due(&mut self, now_ns: u64) -> bool {
        let due = now_ns >= self.next_ns;
        if due {
            self.next_ns = now_ns.saturating_add(self.every_ns);
        }
        due
    }
}

/// Lets things happen to `run` until it ends.
pub(crate) fn control_run(
    run: &impl Disturbed,
    config: &Config,
    happened: &Happened,
    control: &Control<'_>,
) -> Result<(), Refused> {
    let [mut fold, mut irq, mut change, mut onoff] = [
        config.fold_ms,
        config.irq_ms,
        config.change_ms,
        config.onoff_ms,
    ]
    .map(Event::every);
    let last = possible_vcpus().saturating_sub(1);
    let mut done = Ok(());
    loop {
        let soonest = [&fold, &irq, &change, &onoff]
            .iter()
            .map(|event| event.next_ns)
            .min();
        match soonest {
            Some(ns) if ns < u64::MAX && control.sleep_until(ns) => {}
            _ => break,
        }
        let now = now_ns().saturating_sub(control.opened_ns());
        if fold.due(now) {
            run.fold();
            happened.folds.add(1);
        }
        if irq.due(now) {
            run.interrupt();
        }
        if change.due(now) {
            run.change();
            happened.changes.add(1);
        }
        if onoff.due(now) {
            done = switch(last, happened);
            if done.is_err() {
                break;
            }
        }
    }
    if config.onoff_ms > 0 && !is_online(last) {
        bring_online(last).map_err(|errno| refused(last, errno))?;
    }
    done
}

/// Takes `vcpu` away, or brings it back.
fn switch(vcpu: u32, happened: &Happened) -> Result<(), Refused> {
    match is_online(vcpu) {
        true => take_offline(vcpu).map(|()| happened.deaths.add(1)),
        false => bring_online(vcpu),
    }
    .map_err(|errno| refused(vcpu, errno))
}

fn refused(vcpu: u32, errno: Error) -> Refused {
    Refused::new(
        errno,
        format_args!("`onoff_ms`: vCPU {vcpu} cannot be switched; use 0, or more vCPUs"),
    )
}

// SPDX-License-Identifier: GPL-2.0

//! Events that the control thread causes during a run: folds, interrupts, changes of the threshold,
//! CPU hotplug.

use rig::{
    is_online,
    possible_vcpus,
    prelude::*,
    restore_online,
    take_offline,
    Control, //
};

use crate::{
    run::Run,
    work::EventCounts, //
};

/// Periodic event.
struct Periodic {
    period_ns: u64,
    next_ns: u64,
}

impl Periodic {
    /// An event each `ms`; never if that is 0.
    fn every(ms: u32) -> Self {
        let period_ns = u64::from(ms).saturating_mul(1_000_000);
        Self {
            period_ns,
            next_ns: if ms == 0 { u64::MAX } else { period_ns },
        }
    }

    /// Returns whether the event is due; the next one is a period after that, not sooner.
    fn due(&mut self, now_ns: u64) -> bool {
        let due = now_ns >= self.next_ns;
        if due {
            self.next_ns = now_ns.saturating_add(self.period_ns);
        }
        due
    }
}

impl Run {
    /// Causes events until the run ends.
    pub(crate) fn cause_events(&self, control: &Control<'_>) -> Result<(), Refused> {
        let (config, counts, work) = (&self.config, &self.events, &self.work);
        let [mut fold, mut irq, mut change, mut onoff] = [
            config.fold_ms,
            config.irq_ms,
            config.change_ms,
            config.onoff_ms,
        ]
        .map(Periodic::every);
        let last = possible_vcpus().saturating_sub(1);
        let mut done = Ok(());
        loop {
            let events = [&fold, &irq, &change, &onoff];
            match events.iter().map(|event| event.next_ns).min() {
                Some(ns) if ns < u64::MAX && control.sleep_until(ns) => {}
                _ => break,
            }
            let now = now_ns().saturating_sub(control.opened_ns());
            if fold.due(now) {
                work.fold();
                counts.folds.add(1);
            }
            if irq.due(now) {
                work.interrupt();
            }
            if change.due(now) {
                work.toggle_threshold();
                counts.changes.add(1);
            }
            if onoff.due(now) {
                done = toggle_online(last, counts);
                if done.is_err() {
                    break;
                }
            }
        }
        if config.onoff_ms > 0 && !is_online(last) {
            restore_online(last, || {})?;
        }
        done
    }
}

/// Takes `vcpu` offline, or brings it online.
fn toggle_online(vcpu: u32, counts: &EventCounts) -> Result<(), Refused> {
    match is_online(vcpu) {
        true => match take_offline(vcpu) {
            Ok(()) => {
                counts.deaths.add(1);
                Ok(())
            }
            // Another task was faster.
            Err(_) if !is_online(vcpu) => Ok(()),
            Err(errno) => Err(refused(vcpu, errno)),
        },
        false => restore_online(vcpu, || {}),
    }
}

fn refused(vcpu: u32, errno: Error) -> Refused {
    Refused::new(
        errno,
        format_args!("`onoff_ms`: vCPU {vcpu} cannot go offline; use 0, or more vCPUs"),
    )
}

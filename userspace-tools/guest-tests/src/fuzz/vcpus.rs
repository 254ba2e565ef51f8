// SPDX-License-Identifier: GPL-2.0

//! vCPUs that go offline and online while the plan runs.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread::sleep,
    time::Duration,
};

use anyhow::Result;

use crate::{hotplug, random::Random};

/// Takes one vCPU after the other offline and online, until `ended`.
pub fn toggle(seed: u64, ended: &AtomicBool) -> Result<()> {
    let last = results::vcpus() - 1;
    let random = &mut Random::of(seed, u64::MAX);
    let mut outcome = Ok(());
    while !ended.load(Relaxed) && outcome.is_ok() {
        let vcpu = 1 + random.below(last.into()) as u32;
        sleep(Duration::from_millis(random.below(200)));
        outcome = hotplug::switch(vcpu, "0");
        sleep(Duration::from_millis(random.below(50)));
        outcome = outcome.and(hotplug::switch(vcpu, "1"));
    }
    outcome
}

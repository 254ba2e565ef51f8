// SPDX-License-Identifier: GPL-2.0

//! Hotplug: a vCPU goes offline, and comes back a period later; `onoff_ms`.

use rig::{
    bring_online,
    is_online,
    may_go_offline,
    online_vcpus,
    restore_online,
    take_offline, //
};

use super::periodic::ns;
use crate::{
    prelude::*,
    weak_random::weak_random_below, //
};

/// Hotplug of one run; only the control thread calls and counts.
pub(super) struct Hotplug {
    pub(super) period_ns: u64,
    /// Times that a vCPU went offline.
    pub(super) offline: SingleWriter,
    /// Times that the kernel refused to take a vCPU offline, or to bring it online.
    pub(super) refused: SingleWriter,
}

impl Hotplug {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            period_ns: ns(config.onoff_ms),
            offline: SingleWriter::default(),
            refused: SingleWriter::default(),
        }
    }

    /// Takes the vCPU of one of the threads offline, or another if none of theirs can go; returns
    /// it if that succeeded.
    pub(super) fn take_one_offline(&self, placements: &[Padded<Placement>]) -> Option<u32> {
        let count = placements.len();
        let from_one = placements.iter().cycle().skip(weak_random_below(count));
        let mut of_threads = from_one.take(count).map(|place| place.vcpu());
        let vcpu = of_threads
            .find(|&vcpu| may_go_offline(vcpu) && is_online(vcpu))
            .or_else(|| online_vcpus().find(|&vcpu| may_go_offline(vcpu)))?;
        let result = take_offline(vcpu);
        let count = match result {
            Ok(()) => &self.offline,
            Err(_) => &self.refused,
        };
        count.add(1);
        result.is_ok().then_some(vcpu)
    }

    /// Brings `vcpu` online; returns whether that succeeded.
    pub(super) fn bring_back(&self, vcpu: u32) -> bool {
        let online = bring_online(vcpu).is_ok();
        if !online {
            self.refused.add(1);
        }
        online
    }

    /// Brings `vcpu` online at the end of a run.
    pub(super) fn restore(&self, vcpu: u32) -> Result<(), Refused> {
        restore_online(vcpu, || self.refused.add(1))
    }
}

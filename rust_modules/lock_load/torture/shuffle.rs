// SPDX-License-Identifier: GPL-2.0

//! Shuffle: all threads move one vCPU on, periodically; `shuffle_ms`.
//!
//! It also sends threads home that hotplug has driven off their vCPU.

use rig::nth_online;

use super::periodic::ns;
use crate::prelude::*;

/// The vCPU that each thread is to run on.
pub(super) struct Shuffle {
    pub(super) period_ns: u64,
    homes: KVVec<Atomic<u32>>,
    /// Counts changes of `homes`, and of the vCPUs that are online. Relaxed: a thread that sees
    /// the change and an old home moves to a home all the same.
    generation: Padded<Atomic<u32>>,
    /// Times that all homes moved on.
    pub(super) rotations: Atomic<u64>,
}

impl Shuffle {
    pub(super) fn new(config: &Config) -> Result<Self> {
        let mut homes = KVVec::with_capacity(config.threads as usize, may_fail())?;
        for _ in 0..config.threads {
            homes.push(Atomic::new(0), GFP_KERNEL)?;
        }
        Ok(Self {
            period_ns: ns(config.shuffle_ms),
            homes,
            generation: Padded(Atomic::new(0)),
            rotations: Atomic::new(0),
        })
    }

    /// Control thread: makes the vCPU that each thread began on its home.
    pub(super) fn start(&self, placements: &[Padded<Placement>]) {
        for (home, place) in self.homes.iter().zip(placements) {
            home.store(place.vcpu(), Relaxed);
        }
    }

    /// Control thread: moves all homes one online vCPU on.
    pub(super) fn rotate(&self) {
        let rotations = self.rotations.fetch_add(1, Relaxed).wrapping_add(1);
        for (index, home) in (0u64..).zip(&self.homes) {
            home.store(nth_online(index.wrapping_add(rotations)), Relaxed);
        }
        self.send_home();
    }

    /// Control thread: has all threads move to their homes.
    pub(super) fn send_home(&self) {
        self.generation.add(1, Relaxed);
    }

    /// Thread: moves to its home if that changed; stays where it is if the home is offline.
    pub(super) fn follow(&self, followed: &mut u32, worker: &Worker<'_>) {
        let generation = self.generation.load(Relaxed);
        if generation == *followed {
            return;
        }
        *followed = generation;
        if let Some(home) = self.homes.get(worker.index as usize) {
            worker.move_to(home.load(Relaxed));
            worker.current_vcpu();
        }
    }
}

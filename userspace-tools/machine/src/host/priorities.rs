// SPDX-License-Identifier: GPL-2.0

//! Random priorities that change at random moments: a schedule that looks for mistakes.
//!
//! After "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010: the vCPU with the
//! highest priority runs, until a random moment at which it gets another, and so does one of those that wait:
//! none waits for ever, not even where vCPUs that sleep and wake leave no stint long enough for its moment to
//! come: those that wait have moments of their own. Moments are as likely within ten nanoseconds as within a millisecond, so that a vCPU is
//! preempted between any two words.

use super::policy::{CpuView, Joins, Policy};
use crate::{random::Random, CpuId, GuestId, Ns, VcpuId};

/// Random priorities.
pub struct Priorities {
    random: Random,
    of: Vec<u64>,
    /// When one of those that wait gets another priority, however short stints are.
    changes_at: Ns,
}

/// log2 of the longest time for which a priority stays.
const LONGEST_LOG2: u64 = 20;

impl Priorities {
    /// Creates the policy of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed, 1),
            of: Vec::new(),
            changes_at: 0,
        }
    }

    /// One of those that wait gets another priority.
    fn change_one(&mut self, at: &CpuView<'_>) {
        let place = self.random.below(at.queue.len() as u64) as usize;
        if let Some(other) = at.queue.get(place) {
            self.of[other.index()] = self.random.below(u64::MAX);
        }
    }

    fn stay(&mut self) -> Ns {
        let scale = 1 << self.random.below(LONGEST_LOG2);
        1 + self.random.below(scale)
    }
}

impl Policy for Priorities {
    fn admit(&mut self, _: VcpuId, _: GuestId) -> Option<CpuId> {
        let priority = self.random.below(u64::MAX);
        self.of.push(priority);
        None
    }

    fn joins(&mut self, _: CpuView<'_>, _: VcpuId, _: Joins) {}

    fn choose(&mut self, at: CpuView<'_>) -> usize {
        if at.now >= self.changes_at {
            self.change_one(&at);
            self.changes_at = at.now + self.stay();
        }
        let places = 0..at.queue.len();
        let highest = places.max_by_key(|&place| self.of[at.queue[place].index()]);
        highest.unwrap_or(0)
    }

    fn runs(&mut self, _: CpuView<'_>, _: VcpuId) -> Ns {
        self.stay()
    }

    fn must_go(&mut self, at: CpuView<'_>, vcpu: VcpuId, _: Ns) -> Option<Ns> {
        self.of[vcpu.index()] = self.random.below(u64::MAX);
        self.change_one(&at);
        let mine = self.of[vcpu.index()];
        let goes = at.queue.iter().any(|other| self.of[other.index()] > mine);
        (!goes).then(|| self.stay())
    }

    fn stops(&mut self, _: CpuView<'_>, _: VcpuId, _: Ns, _: bool) {}

    fn preempts(&mut self, _: CpuView<'_>, vcpu: VcpuId, _: Ns, woken: VcpuId) -> bool {
        self.of[woken.index()] > self.of[vcpu.index()]
    }
}

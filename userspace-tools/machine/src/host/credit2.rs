// SPDX-License-Identifier: GPL-2.0

//! Credit2, the scheduler of Xen (`xen/common/sched/credit2.c`): the most credit runs next.
//!
//! A vCPU that runs burns credit, one of a lighter guest more. Once none that can run has any, all get the
//! same. It runs until another has more, but for the rate limit at least, as does one that a wake-up preempts.
//!
//! Not modelled: a queue for all of a socket (each CPU has one, and an idle CPU takes from others; a woken
//! vCPU preempts on its last CPU only, if none idles), caps, soft affinity, and load tracking.

use super::policy::{CpuView, Joins, Policy};
use crate::{random::Random, CpuId, GuestId, Ns, VcpuId};

/// What a vCPU gets, and the least it can have, as a debt.
const CREDIT: i64 = 10_000_000;
/// What it may keep when it gets that.
const CARRYOVER: i64 = 500_000;
/// The shortest and the longest time until the next check.
const SHORTEST: i64 = 500_000;
const LONGEST: i64 = 10_000_000;
/// For a woken vCPU the rate limit is over so early; a timer goes off so late at most (`timer_slop`).
const TOLERANCE: Ns = 50_000;
/// Of a guest.
const WEIGHT: i64 = 256;

/// Credit2.
pub struct Credit2 {
    ratelimit: Ns,
    random: Random,
    weights: Vec<i64>,
    heaviest: i64,
    vcpus: Vec<Account>,
}

struct Account {
    weight: i64,
    credit: i64,
    /// Part of the present stint that it has paid for.
    paid: Ns,
    /// The CPU that it ran on or waited for last.
    cpu: CpuId,
}

impl Credit2 {
    /// A vCPU runs for `ratelimit` at least (`sched_ratelimit_us`, 1 ms).
    pub fn new(ratelimit: Ns, seed: u64) -> Self {
        Self {
            ratelimit,
            random: Random::new(seed, 1),
            weights: Vec::new(),
            heaviest: 1,
            vcpus: Vec::new(),
        }
    }

    /// Gives the vCPUs of `guest` a weight; the others have 256.
    pub fn with(mut self, guest: GuestId, weight: u32) -> Self {
        let count = self.weights.len().max(guest.index() + 1);
        self.weights.resize(count, WEIGHT);
        self.weights[guest.index()] = i64::from(weight.max(1));
        self
    }

    fn credit(&self, vcpu: VcpuId) -> i64 {
        self.vcpus[vcpu.index()].credit
    }

    /// The most credit in the queue.
    fn top(&self, at: CpuView<'_>) -> Option<i64> {
        at.queue.iter().map(|&vcpu| self.credit(vcpu)).max()
    }

    /// `vcpu` pays for what it has run.
    fn burn(&mut self, vcpu: VcpuId, ran: Ns) {
        let heaviest = self.heaviest;
        let of = &mut self.vcpus[vcpu.index()];
        let unpaid = ran.saturating_sub(of.paid) as i64;
        of.paid = ran.max(of.paid);
        of.credit = (of.credit - unpaid * heaviest / of.weight).max(-CREDIT);
    }

    /// Gives credit to all vCPUs of a CPU once none that can run has any.
    fn reset(&mut self, at: CpuView<'_>, next: VcpuId) {
        let mine = self.credit(next);
        if self.top(at).max(Some(mine)) > Some(0) {
            return;
        }
        let gets = if mine == -CREDIT { 2 * CREDIT } else { CREDIT };
        for of in self.vcpus.iter_mut().filter(|of| of.cpu == at.cpu) {
            of.credit = (of.credit + gets).min(CREDIT + CARRYOVER);
        }
    }

    /// Returns for how long `vcpu` may run on: until another has more credit.
    fn runtime(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns) -> Ns {
        let of = &self.vcpus[vcpu.index()];
        let ahead = of.credit - self.top(at).unwrap_or(0).max(0);
        let shortest = SHORTEST.max(self.ratelimit.saturating_sub(ran) as i64);
        let time = (ahead * of.weight / self.heaviest).clamp(shortest, LONGEST.max(shortest));
        time as Ns + self.random.below(TOLERANCE)
    }
}

impl Policy for Credit2 {
    fn admit(&mut self, _: VcpuId, guest: GuestId) -> Option<CpuId> {
        let weight = *self.weights.get(guest.index()).unwrap_or(&WEIGHT);
        self.heaviest = self.heaviest.max(weight);
        self.vcpus.push(Account {
            weight,
            credit: CREDIT,
            paid: 0,
            cpu: CpuId(0),
        });
        None
    }

    fn joins(&mut self, at: CpuView<'_>, vcpu: VcpuId, _: Joins) {
        self.vcpus[vcpu.index()].cpu = at.cpu;
    }

    fn choose(&mut self, at: CpuView<'_>) -> usize {
        let credit = |&place: &usize| self.credit(at.queue[place]);
        // Of equal ones, the first that joined.
        (0..at.queue.len()).rev().max_by_key(credit).unwrap_or(0)
    }

    fn runs(&mut self, at: CpuView<'_>, vcpu: VcpuId) -> Ns {
        self.vcpus[vcpu.index()].paid = 0;
        self.reset(at, vcpu);
        self.runtime(at, vcpu, 0)
    }

    fn must_go(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns) -> Option<Ns> {
        self.burn(vcpu, ran);
        if self.top(at) > Some(self.credit(vcpu)) {
            return None;
        }
        self.reset(at, vcpu);
        Some(self.runtime(at, vcpu, ran))
    }

    fn stops(&mut self, _: CpuView<'_>, vcpu: VcpuId, ran: Ns, _: bool) {
        self.burn(vcpu, ran);
    }

    fn preempts(&mut self, _: CpuView<'_>, vcpu: VcpuId, ran: Ns, woken: VcpuId) -> bool {
        self.burn(vcpu, ran);
        ran + TOLERANCE > self.ratelimit && self.credit(woken) > self.credit(vcpu)
    }
}

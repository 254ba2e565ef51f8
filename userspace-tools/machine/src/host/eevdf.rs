// SPDX-License-Identifier: GPL-2.0

//! Earliest eligible virtual deadline first: Linux since 6.6, as of 6.17 (Stoica and Abdel-Wahab, 1995).
//!
//! Of those that have run no more than their share, the one with the earliest deadline runs: until then, or
//! until the shortest slice in the queue is over (`RUN_TO_PARITY`), unless one with a shorter slice wakes
//! (`PREEMPT_SHORT`). Run time is accounted at the tick and at wake-ups. Lag is kept over sleep; a vCPU that
//! sleeps and owes competes until it would run next (`DELAY_DEQUEUE`, `DELAY_ZERO`).
//!
//! Not modelled: groups, buddies, `HRTICK`, `PLACE_DEADLINE_INITIAL`, the rest of a request over a sleep in
//! debt, and load balancing beyond what an idle CPU takes.

mod accounts;

use self::accounts::Accounts;
use super::policy::{CpuView, Joins, Policy};
use crate::{random::Random, CpuId, GuestId, Ns, VcpuId};

/// Earliest eligible virtual deadline first.
pub struct Eevdf {
    tick: Ns,
    /// When each CPU ticks.
    phases: Vec<Ns>,
    accounts: Accounts,
}

impl Eevdf {
    /// Each vCPU has nice 0 and a slice of `slice` (`base_slice_ns`); a CPU ticks each `tick` (1 s / `HZ`).
    pub fn new(cpus: u32, slice: Ns, tick: Ns, seed: u64) -> Self {
        let (mut random, tick) = (Random::new(seed, 1), tick.max(1));
        Self {
            tick,
            phases: (0..cpus).map(|_| random.below(tick)).collect(),
            accounts: Accounts::new(cpus, slice),
        }
    }

    /// Gives `vcpu` a weight (nice 0 is 1024, each step 1.25 times) and a slice (`sched_runtime`).
    pub fn with(mut self, vcpu: VcpuId, weight: u32, slice: Ns) -> Self {
        let of = self.accounts.of(vcpu);
        (of.weight, of.slice) = (i64::from(weight.max(1)), slice as i64);
        self
    }

    fn until_tick(&self, at: CpuView<'_>) -> Ns {
        self.tick - (at.now + self.phases[at.cpu.index()]) % self.tick
    }

    /// Accounts for the run time of `vcpu`; returns whether it loses its protection.
    fn account(&mut self, at: CpuView<'_>, vcpu: VcpuId) -> bool {
        let ran = self.accounts.ran(at, vcpu);
        let of = self.accounts.of(vcpu);
        of.renew(ran) || ran >= of.protected_until
    }
}

impl Policy for Eevdf {
    fn admit(&mut self, vcpu: VcpuId, _: GuestId) -> Option<CpuId> {
        self.accounts.of(vcpu);
        None
    }

    fn joins(&mut self, at: CpuView<'_>, vcpu: VcpuId, why: Joins) {
        match why {
            Joins::Woken => {
                self.accounts.end_delay(at, at.cpu, vcpu);
                self.accounts.place(at, vcpu);
            }
            Joins::From(other) => {
                self.accounts.end_delay(at, other, vcpu);
                self.accounts.place(at, vcpu);
            }
            Joins::Preempted => {}
            // It gives up the rest of its request, unless it owes.
            Joins::Yielding => {
                let of = self.accounts.of(vcpu);
                if of.lag >= 0 {
                    of.ran = of.deadline;
                    of.renew(of.ran);
                }
            }
        }
    }

    fn leaves(&mut self, at: CpuView<'_>, vcpu: VcpuId) {
        let lag = self.accounts.lag(at, vcpu, self.tick);
        let of = self.accounts.of(vcpu);
        of.lag = lag;
        of.deadline -= of.ran;
        of.is_relative = true;
    }

    fn choose(&mut self, at: CpuView<'_>) -> usize {
        let next = self.accounts.pick(at, false);
        let is_next = |&vcpu: &VcpuId| Some(vcpu) == next;
        // For an idle CPU, this one's current does not count.
        at.queue.iter().position(is_next).unwrap_or(0)
    }

    fn runs(&mut self, at: CpuView<'_>, vcpu: VcpuId) -> Ns {
        let shortest = self.accounts.shortest(at);
        let of = self.accounts.of(vcpu);
        let slice = of.virtually(of.slice.min(shortest));
        of.protected_until = of.deadline.min(of.ran + slice);
        self.until_tick(at)
    }

    fn must_go(&mut self, at: CpuView<'_>, vcpu: VcpuId, _: Ns) -> Option<Ns> {
        let ends = self.account(at, vcpu) && !at.queue.is_empty();
        let stays = !ends || self.accounts.pick(at, true) == Some(vcpu);
        stays.then(|| self.until_tick(at))
    }

    fn stops(&mut self, at: CpuView<'_>, vcpu: VcpuId, _: Ns, halts: bool) {
        self.account(at, vcpu);
        let (lag, ran) = (
            self.accounts.lag(at, vcpu, self.tick),
            self.accounts.ran(at, vcpu),
        );
        let of = self.accounts.of(vcpu);
        (of.lag, of.ran) = (lag, ran);
        if halts && lag < 0 {
            self.accounts.delay(at.cpu, vcpu);
        }
    }

    fn preempts(&mut self, at: CpuView<'_>, vcpu: VcpuId, _: Ns, woken: VcpuId) -> bool {
        let ends = self.account(at, vcpu);
        let is_short = self.accounts.of(woken).slice < self.accounts.of(vcpu).slice;
        let next = self.accounts.pick(at, !is_short);
        let goes = next == Some(woken) || ends && next != Some(vcpu);
        if is_short && !goes {
            let (ran, shortest) = (self.accounts.ran(at, vcpu), self.accounts.shortest(at));
            let of = self.accounts.of(vcpu);
            of.protected_until = of.protected_until.min(ran + of.virtually(shortest));
        }
        goes
    }
}

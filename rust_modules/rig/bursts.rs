// SPDX-License-Identifier: GPL-2.0

//! How long bursts take: all together, without the vCPU's CPU, and at their quickest.

use crate::SingleWriter;

/// The times of one thread's bursts, all of one length; it alone writes them.
#[derive(Default)]
pub struct BurstTimes {
    /// Operations.
    pub made: SingleWriter,
    /// All the time.
    pub busy_ns: SingleWriter,
    /// What of it was without a CPU.
    pub lost_ns: SingleWriter,
    /// The quickest burst, by operation, in picoseconds; 0 before the first.
    pub best_ps: SingleWriter,
    /// Operations of bursts during which another thread ended one, too.
    pub shared: SingleWriter,
    /// The time of these.
    pub shared_ns: SingleWriter,
    /// The quickest burst.
    best_ns: SingleWriter,
}

impl BurstTimes {
    /// A burst this much longer than four quick ones was without a CPU for a while: no interrupt
    /// of the guest takes so long.
    const GAP_NS: u64 = 200_000;

    /// Notes a burst of `made` operations; `shared` if another thread was seen to be at it, too.
    pub fn record(&self, made: u32, ns: u64, shared: bool) {
        self.made.add(made.into());
        self.busy_ns.add(ns);
        let best = match self.best_ns.get() {
            0 => ns,
            best => best.min(ns),
        };
        if ns < self.best_ns.get() || self.best_ns.get() == 0 {
            self.best_ns.set(ns);
            let ps = ns.saturating_mul(1000).checked_div(made.into());
            self.best_ps.set(ps.unwrap_or(0));
        }
        if ns > best.saturating_mul(4).saturating_add(Self::GAP_NS) {
            self.lost_ns.add(ns.saturating_sub(best));
        } else if shared {
            self.shared.add(made.into());
            self.shared_ns.add(ns);
        }
    }
}

/// Several threads' times.
#[derive(Default)]
pub struct BurstTotals {
    /// Operations.
    pub made: u64,
    /// All the time.
    pub busy_ns: u64,
    /// What of it was without a CPU.
    pub lost_ns: u64,
    /// The quickest burst of all, by operation, in picoseconds; 0 without any.
    pub best_ps: u64,
    /// Operations of bursts during which another thread ended one, too.
    pub shared: u64,
    /// The time of these.
    pub shared_ns: u64,
}

impl BurstTotals {
    /// Adds them up.
    pub fn of<'a>(bursts: impl Iterator<Item = &'a BurstTimes>) -> Self {
        bursts.fold(Self::default(), |sum, delay_loop| Self {
            made: sum.made.wrapping_add(delay_loop.made.get()),
            busy_ns: sum.busy_ns.wrapping_add(delay_loop.busy_ns.get()),
            lost_ns: sum.lost_ns.wrapping_add(delay_loop.lost_ns.get()),
            shared: sum.shared.wrapping_add(delay_loop.shared.get()),
            shared_ns: sum.shared_ns.wrapping_add(delay_loop.shared_ns.get()),
            best_ps: match (sum.best_ps, delay_loop.best_ps.get()) {
                (0, best) | (best, 0) => best,
                (a, b) => a.min(b),
            },
        })
    }

    /// An operation, of the time that was granted, in picoseconds.
    pub fn mean_ps(&self) -> u64 {
        per_operation(self.busy_ns.saturating_sub(self.lost_ns), self.made)
    }

    /// An operation while another thread was at it, too.
    pub fn shared_ps(&self) -> u64 {
        per_operation(self.shared_ns, self.shared)
    }
}

fn per_operation(ns: u64, made: u64) -> u64 {
    ns.saturating_mul(1000).checked_div(made).unwrap_or(0)
}

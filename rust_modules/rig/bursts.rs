// SPDX-License-Identifier: GPL-2.0

//! Times of bursts of operations: in all, lost to preemption, and of the fastest burst.

use measure::SingleWriter;

/// Times of one thread's bursts, all of one length.
#[derive(Default)]
pub struct BurstTimes {
    /// Operations.
    pub made: SingleWriter,
    /// Time in bursts.
    pub busy_ns: SingleWriter,
    /// The part of it that was lost to preemption.
    pub lost_ns: SingleWriter,
    /// An operation of the fastest burst, in picoseconds; 0 before the first.
    pub best_ps: SingleWriter,
    /// Operations of bursts during which another thread ended one, too.
    pub shared: SingleWriter,
    /// Time of these.
    pub shared_ns: SingleWriter,
    /// Time of the fastest burst; 0 before the first.
    best_ns: SingleWriter,
}

impl BurstTimes {
    /// A burst that takes this much longer than four fast ones was preempted: no interrupt of the
    /// guest takes so long.
    const GAP_NS: u64 = 200_000;

    /// Records a burst of `made` operations; `shared` if another thread ended one meanwhile.
    pub fn record(&self, made: u32, ns: u64, shared: bool) {
        self.made.add(made.into());
        self.busy_ns.add(ns);
        let best = lesser(self.best_ns.get(), ns);
        if best != self.best_ns.get() {
            self.best_ns.set(best);
            self.best_ps.set(per_operation(best, made.into()));
        }
        if ns > best.saturating_mul(4).saturating_add(Self::GAP_NS) {
            self.lost_ns.add(ns.saturating_sub(best));
        } else if shared {
            self.shared.add(made.into());
            self.shared_ns.add(ns);
        }
    }
}

/// Times of the bursts of several threads.
#[derive(Default)]
pub struct BurstTotals {
    /// Operations.
    pub made: u64,
    /// Time in bursts.
    pub busy_ns: u64,
    /// The part of it that was lost to preemption.
    pub lost_ns: u64,
    /// An operation of the fastest burst, in picoseconds; 0 without any.
    pub best_ps: u64,
    /// Operations of bursts during which another thread ended one, too.
    pub shared: u64,
    /// Time of these.
    pub shared_ns: u64,
}

impl BurstTotals {
    /// Adds up the times of each thread.
    pub fn of<'a>(threads: impl Iterator<Item = &'a BurstTimes>) -> Self {
        threads.fold(Self::default(), |sum, thread| Self {
            made: sum.made.wrapping_add(thread.made.get()),
            busy_ns: sum.busy_ns.wrapping_add(thread.busy_ns.get()),
            lost_ns: sum.lost_ns.wrapping_add(thread.lost_ns.get()),
            shared: sum.shared.wrapping_add(thread.shared.get()),
            shared_ns: sum.shared_ns.wrapping_add(thread.shared_ns.get()),
            best_ps: lesser(sum.best_ps, thread.best_ps.get()),
        })
    }

    /// Returns the mean time of an operation without lost time, in picoseconds.
    pub fn mean_ps(&self) -> u64 {
        per_operation(self.busy_ns.saturating_sub(self.lost_ns), self.made)
    }

    /// Returns the mean time of an operation while another thread made some, too.
    pub fn shared_ps(&self) -> u64 {
        per_operation(self.shared_ns, self.shared)
    }
}

/// Returns the lesser of two times, of which 0 is none.
fn lesser(one: u64, other: u64) -> u64 {
    match (one, other) {
        (0, time) | (time, 0) => time,
        (one, other) => one.min(other),
    }
}

fn per_operation(ns: u64, made: u64) -> u64 {
    ns.saturating_mul(1000).checked_div(made).unwrap_or(0)
}

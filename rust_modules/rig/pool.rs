// SPDX-License-Identifier: GPL-2.0

//! Pool of helper threads that callers borrow for work on their stack.
//!
//! No caller waits for a helper to become free, nor for another caller, and a caller withdraws work
//! that a helper has not begun, so work within work cannot deadlock, and a vCPU that wakes late
//! delays no caller.
//!
//! ```text
//!   FREE ──borrow──▶ RESERVED ──run──▶ ASSIGNED, QUEUED ──helper begins──▶ BUSY ──done──▶ RESERVED
//!    ▲                  │  ▲              │
//!    └──────return──────┘  └──withdrawn───┘
//! ```

mod count;
mod helper;
mod queue;
mod slot;
mod state;

pub use abi::job_runner::Start;

use self::{
    count::Count,
    helper::Helper,
    queue::Queue,
    slot::Slot,
    state::BorrowedWork, //
};
use crate::{
    possible_vcpus,
    prelude::*, //
};

/// Slot of a helper: where it is to work.
#[derive(Clone, Copy)]
pub struct HelperSlot {
    /// Its vCPU.
    pub vcpu: u32,
    /// Its node, as the borrower counts them; those from [`Pool::NODES`] on count as one.
    pub node: u32,
}

/// Helpers, some of them borrowed.
pub struct Pool {
    // Dropped first, which waits for its items: they use the states of helpers.
    queue: Queue,
    /// As many as there may be vCPUs.
    helpers: KVVec<Slot>,
    name: &'static CStr,
    borrowed: Count,
    peak: Atomic<u32>,
    borrowed_on: [Count; Self::NODES],
}

impl Pool {
    /// Nodes that have a count each.
    pub const NODES: usize = 16;

    /// Makes an empty pool; its threads will be called `name/N`.
    pub fn new(name: &'static CStr) -> Result<Self> {
        Ok(Self {
            queue: Queue::new(name)?,
            helpers: filled(possible_vcpus() as usize, || Ok(Slot::new()))?,
            name,
            borrowed: Count::new(),
            peak: Atomic::new(0),
            borrowed_on: [const { Count::new() }; Self::NODES],
        })
    }

    /// Makes threads until there are `count`, so that borrowing need not; fewer if that fails.
    pub fn reserve(&self, count: u32) {
        for (n, slot) in (1..).zip(self.helpers.iter().take(count as usize)) {
            if slot.claim() {
                match slot.fill(self.name, n) {
                    Some(helper) => helper.state.release(),
                    None => break,
                }
            }
        }
    }

    /// Restarts the [peak](Self::peak).
    pub fn reset_peak(&self) {
        self.peak.store(self.borrowed.get(), Relaxed);
    }

    /// Returns how many helpers were borrowed at most at a time, since that was reset.
    pub fn peak(&self) -> u32 {
        self.peak.load(Relaxed)
    }

    /// Borrows a helper for each of `slots`, with the nice value `nice`, while fewer than `limit` are
    /// borrowed in all and fewer than `limit_on` on the node. It borrows fewer, in the end none, if
    /// memory or threads run out, or where a vCPU has gone offline.
    pub fn borrow(
        &self,
        slots: &[HelperSlot],
        nice: i32,
        limit: u32,
        limit_on: impl Fn(u32) -> u32,
    ) -> Helpers<'_> {
        let mut borrowed = Helpers {
            pool: self,
            helpers: KVVec::new(),
        };
        if borrowed.helpers.reserve(slots.len(), may_fail()).is_err() {
            return borrowed;
        }
        for &slot in slots {
            let Some(now) = self.admit(slot.node, limit, limit_on(slot.node)) else {
                continue;
            };
            let Some(helper) = self.take() else {
                self.dismiss(slot.node);
                break;
            };
            let placed = helper.place(slot.vcpu, nice);
            // There is room.
            if !placed || borrowed.helpers.push((helper, slot), GFP_KERNEL).is_err() {
                helper.state.release();
                self.dismiss(slot.node);
                continue;
            }
            self.record_peak(now);
        }
        borrowed
    }

    /// Reserves a helper, a new one if none is free.
    fn take(&self) -> Option<&Helper> {
        let mut all = self.helpers.iter().filter_map(Slot::get);
        if let Some(free) = all.find(|helper| helper.state.try_reserve()) {
            return Some(free);
        }
        let (n, slot) = (1..).zip(&self.helpers).find(|(_, slot)| slot.claim())?;
        slot.fill(self.name, n)
    }

    /// Counts one more helper on `node` unless a limit is reached; returns how many there are in all.
    fn admit(&self, node: u32, limit: u32, limit_on: u32) -> Option<u32> {
        let now = self.borrowed.up_to(limit)?;
        if self.borrowed_on(node)?.up_to(limit_on).is_none() {
            self.borrowed.down();
            return None;
        }
        Some(now)
    }

    fn dismiss(&self, node: u32) {
        self.borrowed.down();
        if let Some(count) = self.borrowed_on(node) {
            count.down();
        }
    }

    fn record_peak(&self, now: u32) {
        let mut peak = self.peak.load(Relaxed);
        while now > peak {
            match self.peak.cmpxchg(peak, now, Relaxed) {
                Ok(_) => return,
                Err(other) => peak = other,
            }
        }
    }

    fn borrowed_on(&self, node: u32) -> Option<&Count> {
        self.borrowed_on
            .get(node as usize)
            .or(self.borrowed_on.last())
    }
}

/// Borrowed helpers; dropping it returns them.
pub struct Helpers<'a> {
    pool: &'a Pool,
    helpers: KVVec<(&'a Helper, HelperSlot)>,
}

impl Helpers<'_> {
    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.helpers.is_empty()
    }

    /// Returns the slot of each, in order.
    pub fn slots(&self) -> impl Iterator<Item = HelperSlot> + '_ {
        self.helpers.iter().map(|(_, slot)| *slot)
    }

    /// Runs `work(0, false)` on the calling thread and `work(n, false)` on the nth helper; returns
    /// when all have returned. Work that a helper has not begun by then, the caller runs as
    /// `work(n, true)`; work on the workqueue is not withdrawn.
    pub fn run(&self, start: Start, work: &(dyn Fn(u32, bool) + Sync)) {
        let borrowed = BorrowedWork::new(work);
        for (n, (helper, slot)) in (1..).zip(&self.helpers) {
            helper.state.assign(&borrowed, n, start);
            match start {
                Start::Wake => helper.state.wake(),
                Start::QueueWork => self.pool.queue.push(&helper.state.item, slot.vcpu),
            }
        }
        work(0, false);
        for (n, (helper, _)) in (1..).zip(&self.helpers) {
            // The work is on this stack, so this thread waits until every helper is done with it.
            match helper.state.withdraw() {
                true => work(n, true),
                false => helper.wait(start),
            }
        }
    }
}

impl Drop for Helpers<'_> {
    fn drop(&mut self) {
        for (helper, slot) in &self.helpers {
            self.pool.dismiss(slot.node);
            helper.state.release();
        }
    }
}

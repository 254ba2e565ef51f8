// SPDX-License-Identifier: GPL-2.0

//! Pool of helper threads that callers borrow for work on their stack.
//!
//! No caller waits for a helper to become free, and a caller withdraws work that a helper has not
//! begun, so work within work cannot deadlock, and a vCPU that wakes late delays no caller.
//!
//! ```text
//!   FREE ──borrow──▶ RESERVED ──run──▶ ASSIGNED ──helper begins──▶ BUSY ──done──▶ RESERVED
//!    ▲                  │  ▲              │
//!    └──────return──────┘  └──withdrawn───┘
//! ```

mod helper;
mod queue;
mod state;

pub use abi::job_runner::Start;
use kernel::{
    new_mutex,
    sync::Mutex, //
};

use self::{
    helper::Helper,
    queue::Queue,
    state::{
        BorrowedWork,
        HelperState, //
    }, //
};
use crate::prelude::*;

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
    name: &'static CStr,
    helpers: Pin<KBox<Mutex<KVVec<Helper>>>>,
    queue: Queue,
    borrowed: Atomic<u32>,
    peak: Atomic<u32>,
    borrowed_on: [Atomic<u32>; Self::NODES],
}

impl Pool {
    /// Nodes that have a count each.
    pub const NODES: usize = 16;

    /// Makes an empty pool; its threads will be called `name/N`.
    pub fn new(name: &'static CStr) -> Result<Self> {
        Ok(Self {
            name,
            helpers: KBox::pin_init(new_mutex!(KVVec::new()), GFP_KERNEL)?,
            queue: Queue::new(name)?,
            borrowed: Atomic::new(0),
            peak: Atomic::new(0),
            borrowed_on: [const { Atomic::new(0) }; Self::NODES],
        })
    }

    /// Makes threads until there are `count`, so that borrowing need not; fewer if that fails.
    pub fn reserve(&self, count: u32) {
        let mut helpers = self.helpers.lock();
        while helpers.len() < count as usize && self.add(&mut helpers).is_ok() {}
    }

    /// Restarts the [peak](Self::peak).
    pub fn reset_peak(&self) {
        self.peak.store(self.borrowed.load(Relaxed), Relaxed);
    }

    /// Returns how many helpers were borrowed at most at a time, since that was reset.
    pub fn peak(&self) -> u32 {
        self.peak.load(Relaxed)
    }

    /// Borrows a helper for each of `slots`, with the nice value `nice`, while fewer than `limit` are
    /// borrowed in all and fewer than `limit_on` on the node. It borrows fewer, in the end none, if
    /// memory or threads run out.
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
        if borrowed.helpers.reserve(slots.len(), GFP_KERNEL).is_err() {
            return borrowed;
        }
        let mut helpers = self.helpers.lock();
        for &slot in slots {
            let Some(count) = self.borrowed_on(slot.node) else {
                continue;
            };
            // The lock is held: no other caller borrows meanwhile.
            if self.borrowed.load(Relaxed) >= limit || count.load(Relaxed) >= limit_on(slot.node) {
                continue;
            }
            if !helpers.iter().any(|helper| helper.state.is_free())
                && self.add(&mut helpers).is_err()
            {
                break;
            }
            let free = helpers.iter_mut().find(|helper| helper.state.try_reserve());
            let Some(helper) = free else { break };
            helper.place(slot.vcpu, nice);
            let entry = (helper.state.clone(), slot);
            // There is room.
            if borrowed.helpers.push(entry, GFP_KERNEL).is_err() {
                helper.state.release();
                break;
            }
            self.borrowed.add(1, Relaxed);
            count.add(1, Relaxed);
        }
        let now = self.borrowed.load(Relaxed);
        if now > self.peak.load(Relaxed) {
            self.peak.store(now, Relaxed);
        }
        borrowed
    }

    fn add(&self, helpers: &mut KVVec<Helper>) -> Result {
        let helper = Helper::new(self.name, helpers.len() as u32 + 1)?;
        Ok(helpers.push(helper, GFP_KERNEL)?)
    }

    fn borrowed_on(&self, node: u32) -> Option<&Atomic<u32>> {
        self.borrowed_on
            .get(node as usize)
            .or(self.borrowed_on.last())
    }
}

/// Borrowed helpers; dropping it returns them.
pub struct Helpers<'a> {
    pool: &'a Pool,
    helpers: KVVec<(Arc<HelperState>, HelperSlot)>,
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
            helper.assign(&borrowed, n);
            match start {
                Start::Wake => helper.wake(),
                Start::QueueWork => self.pool.queue.push(&helper.item, slot.vcpu),
            }
        }
        work(0, false);
        for (n, (helper, _)) in (1..).zip(&self.helpers) {
            // The work is on this stack, so this thread waits until every helper is done with it.
            match start == Start::Wake && helper.withdraw() {
                true => work(n, true),
                false => helper.wait(),
            }
        }
    }
}

impl Drop for Helpers<'_> {
    fn drop(&mut self) {
        for (helper, slot) in &self.helpers {
            self.pool.borrowed.fetch_sub(1, Relaxed);
            if let Some(count) = self.pool.borrowed_on(slot.node) {
                count.fetch_sub(1, Relaxed);
            }
            helper.release();
        }
    }
}

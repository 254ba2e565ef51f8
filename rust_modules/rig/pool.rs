// SPDX-License-Identifier: GPL-2.0

//! Threads that are lent out to whoever has work for several, and borrow what it has on its stack.
//!
//! Nobody waits for a helper to become free, and whoever lent one takes back what it has not
//! begun, so work within work cannot deadlock, and a vCPU that is slow to wake delays nobody.
//!
//! ```text
//!   FREE ──lend──▶ TAKEN ──start──▶ LENT ──the helper begins──▶ BUSY ──done──▶ FREE
//!                                    └────────taken back──────────────────────▶ FREE
//! ```

mod helper;
mod queue;

use algo::primitive::{
    Atomic,
    Relaxed, //
};
use kernel::{
    new_mutex,
    prelude::*,
    str::CStr,
    sync::{
        Arc,
        Mutex, //
    }, //
};

use self::{
    helper::{
        Helper,
        Post, //
    },
    queue::Queue,
};

/// Where a helper is to work.
#[derive(Clone, Copy)]
pub struct HelperSlot {
    /// The vCPU.
    pub vcpu: u32,
    /// The node, as the borrower counts them; those from [`Pool::NODES`] on count as one.
    pub node: u32,
}

/// How helpers are told to begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// They sleep and are woken.
    Wake,
    /// `queue_work_on()` to a workqueue, and a completion each, as padata does; nothing is taken
    /// back.
    QueueWork,
}

/// Helpers, some of them lent out.
pub struct Pool {
    name: &'static CStr,
    helpers: Pin<KBox<Mutex<KVVec<Helper>>>>,
    queue: Queue,
    lent: Atomic<u32>,
    most: Atomic<u32>,
    lent_on: [Atomic<u32>; Self::NODES],
}

impl Pool {
    /// Nodes that are told apart.
    pub const NODES: usize = 16;

    /// Makes an empty pool; its threads will be called `name/N`.
    pub fn new(name: &'static CStr) -> Result<Self> {
        Ok(Self {
            name,
            helpers: KBox::pin_init(new_mutex!(KVVec::new()), GFP_KERNEL)?,
            queue: Queue::new(name)?,
            lent: Atomic::new(0),
            most: Atomic::new(0),
            lent_on: [const { Atomic::new(0) }; Self::NODES],
        })
    }

    /// Makes threads until there are `count`, so that lending need not; fewer if that fails.
    pub fn reserve(&self, count: u32) {
        let mut helpers = self.helpers.lock();
        while helpers.len() < count as usize && self.add(&mut helpers).is_ok() {}
    }

    /// Forgets how many helpers were lent out at most at a time.
    pub fn forget_most(&self) {
        self.most.store(self.lent.load(Relaxed), Relaxed);
    }

    /// Returns how many helpers were lent out at most at a time, since that was forgotten.
    pub fn most(&self) -> u32 {
        self.most.load(Relaxed)
    }

    /// Lends a helper for each of `seats`, nice as `nice`, as long as less than `limit` are lent
    /// and less than what `on_node` says on its node. Fewer, in the end none, if memory or threads
    /// cannot be had.
    pub fn lend(
        &self,
        seats: &[HelperSlot],
        nice: i32,
        limit: u32,
        on_node: impl Fn(u32) -> u32,
    ) -> Helpers<'_> {
        let mut borrowed = Helpers {
            pool: self,
            posts: KVVec::new(),
        };
        if borrowed.posts.reserve(seats.len(), GFP_KERNEL).is_err() {
            return borrowed;
        }
        let mut helpers = self.helpers.lock();
        for &seat in seats {
            let Some(counts) = self.lent_on(seat.node) else {
                continue;
            };
            // The lock is held: nobody else lends meanwhile.
            if self.lent.load(Relaxed) >= limit || counts.load(Relaxed) >= on_node(seat.node) {
                continue;
            }
            if !helpers.iter().any(|helper| helper.post.is_free())
                && self.add(&mut helpers).is_err()
            {
                break;
            }
            let free = helpers.iter_mut().find(|helper| helper.post.take());
            let Some(helper) = free else { break };
            helper.settle(seat.vcpu, nice);
            // There is room.
            if borrowed
                .posts
                .push((helper.post.clone(), seat), GFP_KERNEL)
                .is_err()
            {
                helper.post.give_back();
                break;
            }
            self.lent.add(1, Relaxed);
            counts.add(1, Relaxed);
        }
        let lent = self.lent.load(Relaxed);
        if lent > self.most.load(Relaxed) {
            self.most.store(lent, Relaxed);
        }
        borrowed
    }

    fn add(&self, helpers: &mut KVVec<Helper>) -> Result {
        let helper = Helper::new(self.name, helpers.len() as u32 + 1)?;
        Ok(helpers.push(helper, GFP_KERNEL)?)
    }

    fn lent_on(&self, node: u32) -> Option<&Atomic<u32>> {
        self.lent_on.get(node as usize).or(self.lent_on.last())
    }
}

/// Helpers on loan; dropping it gives them back.
pub struct Helpers<'a> {
    pool: &'a Pool,
    posts: KVVec<(Arc<Post>, HelperSlot)>,
}

impl Helpers<'_> {
    /// Returns how many there are.
    pub fn len(&self) -> u32 {
        self.posts.len() as u32
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }

    /// Returns where each of them works, in their order.
    pub fn seats(&self) -> impl Iterator<Item = HelperSlot> + '_ {
        self.posts.iter().map(|(_, seat)| *seat)
    }

    /// Does `work(0, false)` on the calling thread and `work(n, false)` on the nth helper; returns
    /// when all have been done. What a helper has not begun by then, the caller does: `work(n, true)`.
    pub fn run(&self, start: Start, work: &(dyn Fn(u32, bool) + Sync)) {
        let errand = helper::Errand::new(work);
        for (n, (post, seat)) in (1..).zip(&self.posts) {
            post.lend(&errand, n);
            match start {
                Start::Wake => post.wake(),
                Start::QueueWork => self.pool.queue.push(post, seat.vcpu),
            }
        }
        work(0, false);
        for (n, (post, _)) in (1..).zip(&self.posts) {
            // The errand is on this stack: nobody leaves before every helper is done with it.
            match start == Start::Wake && post.take_back() {
                true => work(n, true),
                false => post.wait(),
            }
        }
    }
}

impl Drop for Helpers<'_> {
    fn drop(&mut self) {
        for (post, seat) in &self.posts {
            self.pool.lent.fetch_sub(1, Relaxed);
            if let Some(counts) = self.pool.lent_on(seat.node) {
                counts.fetch_sub(1, Relaxed);
            }
            post.give_back();
        }
    }
}

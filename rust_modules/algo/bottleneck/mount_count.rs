// SPDX-License-Identifier: GPL-2.0

//! Reference count of a mount: taken by every open file and every path walk.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009, and Kleen and Chen, "Linux kernel scaling",
//! 2011, fix #3: `mntput_no_expire()` and `lookup_mnt()`.
//!
//! | variant | cost of a put |
//! |---|---|
//! | [`Exact`] | an atomic, and its cache line |
//! | `summed`: [`Split`], not `PINNED` | the locks of all vCPUs, and the sum of their counts |
//! | [`Split`] | the same once detached; until then the lock of this vCPU, and its count |
//! | `percpu`: [`MountCount`] | a per-vCPU instruction until detached |
//!
//! Exactly one put returns that it was the last. `summed` is `split` without a long-term reference,
//! as for internal mounts (`pipefs`). Today's kernel has `split`, with RCU instead of the lock.

mod split;
mod users;

use super::prelude::*;
use crate::counter::MountCount;

pub use self::{
    split::Split,
    users::{
        Mailbox,
        Mount,
        Users, //
    },
};

/// References to a mount that is attached, and later detached. The caller stays on its vCPU during
/// `get` and `put`.
pub trait Count: Sync {
    /// Each vCPU has to close its part before [`detach`](Count::detach).
    const CLOSES: bool = false;

    /// Gets a reference; the caller has one, or knows that the mount is attached.
    fn get(&self, me: &Waiter);

    /// Puts a reference; returns whether it was the last one.
    #[must_use = "the last put has to clean up"]
    fn put(&self, me: &Waiter) -> bool;

    /// Closes the part of this vCPU.
    fn close(&self) {}

    /// The same for `vcpu`, which is offline and runs nothing meanwhile.
    fn close_dead(&self, vcpu: u32) {
        let _ = vcpu;
    }

    /// Detaches the mount, all of whose parts are closed, and puts the reference that it was created
    /// with; returns whether that was the last one.
    #[must_use = "the last put has to clean up"]
    fn detach(&self, me: &Waiter) -> bool;

    /// Attaches the mount again. No references are left, and none is taken meanwhile.
    fn revive(&self);
}

impl Count for MountCount {
    const CLOSES: bool = true;

    #[inline(always)]
    fn get(&self, _: &Waiter) {
        MountCount::get(self);
    }

    #[inline(always)]
    fn put(&self, _: &Waiter) -> bool {
        MountCount::put(self)
    }

    fn close(&self) {
        MountCount::close(self);
    }

    fn close_dead(&self, vcpu: u32) {
        MountCount::close_dead(self, vcpu);
    }

    fn detach(&self, _: &Waiter) -> bool {
        self.detach_closed()
    }

    fn revive(&self) {
        MountCount::revive(self);
    }
}

/// One atomic, which every get and every put changes.
pub struct Exact(Atomic<i64>);

impl Default for Exact {
    fn default() -> Self {
        Self(Atomic::new(1))
    }
}

impl Count for Exact {
    #[inline(always)]
    fn get(&self, _: &Waiter) {
        // The caller has a reference, or knows that it is attached: no data is handed over.
        self.0.add(1, Relaxed);
    }

    #[inline(always)]
    fn put(&self, _: &Waiter) -> bool {
        // Orders all uses of all references before the cleanup: pairs with itself.
        self.0.fetch_sub(1, Full) == 1
    }

    fn detach(&self, me: &Waiter) -> bool {
        self.put(me)
    }

    fn revive(&self) {
        self.0.store(1, Relaxed);
    }
}

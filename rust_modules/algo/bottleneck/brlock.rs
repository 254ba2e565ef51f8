// SPDX-License-Identifier: GPL-2.0

//! Big reader lock: one lock per vCPU; a reader takes its own, a writer takes all.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: `DEFINE_BRLOCK()` of Linux 2.6.36 to 3.12. The
//! reader's lock is rarely contended, and its cache line stays on its vCPU.

use core::marker::PhantomData;

use super::{
    guarded::with_all,
    prelude::*,
    Guarded, //
};

/// The per-vCPU locks.
pub struct Brlock<A, L> {
    lanes: A,
    lock: PhantomData<L>,
}

impl<A: Storage<Item = Guarded<L>>, L: Lock> Brlock<A, L> {
    /// Creates the lock. A writer nests as deep as there are lanes; vCPUs beyond them share.
    pub fn new(lanes: A) -> Self {
        Self {
            lanes,
            lock: PhantomData,
        }
    }

    /// Runs `body` with the lock of this vCPU held; `None` if there is no lane. The caller stays on
    /// its vCPU.
    #[inline(always)]
    pub fn read<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let at = (here() as usize).checked_rem(self.lanes.len())?;
        Some(self.lanes.get(at)?.lock.with(me, body))
    }

    /// Runs `body` with all locks held.
    pub fn write(&self, me: &Waiter, body: &mut dyn FnMut()) {
        with_all(&self.lanes, me, body);
    }
}

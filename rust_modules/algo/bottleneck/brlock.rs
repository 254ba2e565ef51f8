// SPDX-License-Identifier: GPL-2.0

//! A lock for each vCPU: readers take that of their own, writers take all.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: the "big reader lock", `DEFINE_BRLOCK()` of
//! 2.6.36 to 3.12. The lock of one's own vCPU is hardly ever waited for, and its line stays there.

use core::{
    marker::PhantomData,
    ops::Deref, //
};

use crate::{
    lock::Lock,
    primitive::here,
    Waiter, //
};

/// One of the locks, alone on its cache lines.
#[repr(align(128))]
pub struct Lane<L>(L);

impl<L: Lock> Lane<L> {
    /// Creates it, free.
    pub fn new() -> Self {
        Self(L::new())
    }
}

impl<L: Lock> Default for Lane<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// The locks.
pub struct Brlock<A, L> {
    lanes: A,
    lock: PhantomData<L>,
}

impl<A: Deref<Target = [Lane<L>]>, L: Lock> Brlock<A, L> {
    /// Creates it. A writer nests as deep as there are lanes; vCPUs beyond them share.
    pub fn new(lanes: A) -> Self {
        Self {
            lanes,
            lock: PhantomData,
        }
    }

    /// Runs `body` while holding the lock of this vCPU, which the caller stays on; `None` if there
    /// is no lock at all.
    #[inline(always)]
    pub fn read<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let at = (here() as usize).checked_rem(self.lanes.len())?;
        Some(self.lanes.get(at)?.0.with(me, body))
    }

    /// Runs `body` while holding all locks. Everyone takes them in their order, so no two wait for
    /// each other.
    pub fn write(&self, me: &Waiter, body: &mut dyn FnMut()) {
        nest(&self.lanes, me, body);
    }
}

/// Takes each lock within the one before it.
fn nest<L: Lock>(lanes: &[Lane<L>], me: &Waiter, body: &mut dyn FnMut()) {
    match lanes.split_first() {
        None => body(),
        Some((first, rest)) => first.0.with(me, || nest(rest, me, body)),
    }
}

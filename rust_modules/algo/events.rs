// SPDX-License-Identifier: GPL-2.0

//! What happened to one thread on the slow paths.

use core::cell::Cell;

/// A number that its thread alone counts up.
#[derive(Default)]
pub struct Count(Cell<u64>);

impl Count {
    /// Adds one.
    #[inline]
    pub fn bump(&self) {
        self.0.set(self.0.get().wrapping_add(1));
    }

    /// Returns the count.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.get()
    }
}

/// The slow-path events of one thread. It belongs to that thread: a [`Count`] is not `Sync`.
#[derive(Default)]
pub struct Events {
    /// Times the thread halted its vCPU.
    pub halts: Count,
    /// Times the thread kicked another's vCPU.
    pub kicks: Count,
}

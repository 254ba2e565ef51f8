// SPDX-License-Identifier: GPL-2.0

//! Steps that only take time.

use kernel::prelude::*;
use rig::busy_loop;

use crate::task::Step;

/// The same at each index.
pub(super) struct Spin {
    pub(super) loops: u64,
}

impl Step for Spin {
    #[inline(always)]
    fn step(&self, _: u64) -> Result<u64> {
        busy_loop(self.loops);
        Ok(0)
    }
}

/// From nothing at the first index to twice as much as `Spin` at the last.
pub(super) struct Uneven {
    first: u64,
    /// Additional loops per 1024 indices.
    slope: u64,
}

impl Uneven {
    pub(super) fn new(first: u64, count: u64, loops: u64) -> Self {
        let slope = loops.saturating_mul(2 * 1024).checked_div(count);
        Self {
            first,
            slope: slope.unwrap_or(0),
        }
    }
}

impl Step for Uneven {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        busy_loop(self.slope.saturating_mul(index.wrapping_sub(self.first)) / 1024);
        Ok(0)
    }
}

/// As `Spin`, but one index fails.
pub(super) struct Fault {
    pub(super) loops: u64,
    pub(super) at: u64,
}

impl Step for Fault {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        if index == self.at {
            return Err(EIO);
        }
        busy_loop(self.loops);
        Ok(0)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A counter that is cheap to bump and approximate to read.
//!
//! Boyd-Wickizer and others, "An Analysis of Linux Scalability to Many Cores", OSDI 2010,
//! section 4.3: a central count, and on each core a number of spares that is not in it.
//!
//! Each thread counts in a [`Lane`] of its own and carries the lane over once it holds
//! `threshold` or more, so a lane holds back less than `threshold` and the central count is off
//! by less than `lanes × threshold`.

use super::{
    Counter,
    Lane, //
};
use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// The central count, and how much a lane may hold back.
pub struct Sloppy {
    central: Atomic<i64>,
    threshold: Atomic<u32>,
}

impl Sloppy {
    /// Creates a counter at zero; `threshold` is at least 1, and with 1 it is exact.
    pub fn new(threshold: u32) -> Self {
        Self {
            central: Atomic::new(0),
            threshold: Atomic::new(threshold),
        }
    }

    /// Changes the threshold. A lane keeps what it holds until its next addition.
    pub fn set_threshold(&self, threshold: u32) {
        self.threshold.store(threshold, Relaxed);
    }

    /// Returns the central count and all of `lanes`: exact once no lane is being added to, and
    /// meanwhile off by what is being carried over at that moment.
    pub fn sum<'a>(&self, lanes: impl Iterator<Item = &'a Lane>) -> i64 {
        lanes.fold(self.read(), |sum, lane| sum.wrapping_add(lane.get()))
    }
}

impl Counter for Sloppy {
    const NAME: &'static str = "sloppy";

    #[inline]
    fn add(&self, lane: &Lane, n: i64) {
        let held = lane.get().wrapping_add(n);
        if held.unsigned_abs() < u64::from(self.threshold.load(Relaxed)) {
            lane.set(held);
        } else {
            // No order is needed: a reader that sees one and not the other is merely early.
            self.central.add(held, Relaxed);
            lane.set(0);
        }
    }

    #[inline]
    fn read(&self) -> i64 {
        self.central.load(Relaxed)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What each counter promises of its total.

use algo::{
    counter::{
        Busted,
        Counter,
        Exact,
        Lane,
        Sloppy, //
    },
    primitive::{
        Atomic,
        Relaxed, //
    }, //
};
use rig::Padded;

use crate::{
    kernel_counter::PercpuCounter,
    race::Lanes, //
};

/// A counter in a run.
pub(crate) trait Total: Send + Sync {
    /// Adds `batch` ones.
    fn batch(&self, lane: &Lane, batch: u32);

    /// Returns the cheap read.
    fn read(&self) -> i64;

    /// Returns the exact sum; all have left.
    fn sum(&self, lanes: &Lanes) -> i64;

    /// Returns how far the cheap read may be off when all have left.
    fn bound(&self, lanes: &Lanes) -> u64;

    /// Changes how much a lane may hold back, if there are any.
    fn set_threshold(&self, threshold: u32) {
        let _ = threshold;
    }
}

/// The measured loop. `scripts/hot-check` finds it by its name, once for each counter.
#[inline(never)]
fn hot_adds<C: Counter>(counter: &C, lane: &Lane, batch: u32) {
    for _ in 0..batch {
        counter.add(lane, 1);
    }
}

/// Implements [`Total`] for a counter whose read is its sum.
macro_rules! never_off {
    ($($counter:ty),*) => {$(
        impl Total for Padded<$counter> {
            fn batch(&self, lane: &Lane, batch: u32) {
                hot_adds(&**self, lane, batch);
            }

            fn read(&self) -> i64 {
                Counter::read(&**self)
            }

            fn sum(&self, _: &Lanes) -> i64 {
                Counter::read(&**self)
            }

            fn bound(&self, _: &Lanes) -> u64 {
                0
            }
        }
    )*};
}
never_off!(Busted, Exact);

impl Total for Padded<PercpuCounter> {
    fn batch(&self, lane: &Lane, batch: u32) {
        hot_adds(&**self, lane, batch);
    }

    fn read(&self) -> i64 {
        Counter::read(&**self)
    }

    fn sum(&self, _: &Lanes) -> i64 {
        PercpuCounter::sum(self)
    }

    fn bound(&self, _: &Lanes) -> u64 {
        self.bound
    }
}

/// A sloppy counter, and the highest threshold that it was ever given.
pub(crate) struct Watched {
    counter: Sloppy,
    highest: Atomic<u32>,
}

impl Watched {
    pub(crate) fn new(threshold: u32) -> Self {
        Self {
            counter: Sloppy::new(threshold),
            highest: Atomic::new(threshold),
        }
    }
}

impl Total for Padded<Watched> {
    fn batch(&self, lane: &Lane, batch: u32) {
        hot_adds(&self.counter, lane, batch);
    }

    fn read(&self) -> i64 {
        self.counter.read()
    }

    fn sum(&self, lanes: &Lanes) -> i64 {
        self.counter.sum(lanes.iter().map(|lane| &**lane))
    }

    fn bound(&self, lanes: &Lanes) -> u64 {
        let lanes = lanes.len() as u64;
        lanes.saturating_mul(u64::from(self.highest.load(Relaxed)))
    }

    fn set_threshold(&self, threshold: u32) {
        // Only a writer of `config` gets here, one at a time.
        self.highest
            .store(self.highest.load(Relaxed).max(threshold), Relaxed);
        self.counter.set_threshold(threshold);
    }
}

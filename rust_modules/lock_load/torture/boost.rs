// SPDX-License-Identifier: GPL-2.0

//! Real-time boost: one thread is `SCHED_FIFO` for half a period; `boost_ms`.

use rig::{
    set_fifo,
    set_lowest_priority, //
};

use super::periodic::ns;
use crate::{
    prelude::*,
    weak_random::weak_random_below, //
};

/// The longest boost: other tasks wait for the vCPU meanwhile.
const MAX_BOOST_NS: u64 = 10_000_000;

/// Boosts of one run.
pub(super) struct Boost {
    pub(super) period_ns: u64,
    /// One more than the thread to be boosted; 0 for none.
    requested: Padded<Atomic<u32>>,
    pub(super) count: Padded<Atomic<u64>>,
}

/// Until when a thread is boosted; 0 if it is not.
#[derive(Default)]
pub(super) struct Boosted {
    until_ns: u64,
}

impl Boost {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            period_ns: ns(config.boost_ms),
            requested: Padded(Atomic::new(0)),
            count: Padded(Atomic::new(0)),
        }
    }

    /// Control thread: has one of `threads` boosted.
    pub(super) fn request(&self, threads: usize) {
        let index = weak_random_below(threads) as u32;
        self.requested.store(index.wrapping_add(1), Relaxed);
    }

    /// Thread: begins its boost if one is requested, ends it in time.
    pub(super) fn step(&self, boosted: &mut Boosted, index: u32) {
        let me = index.wrapping_add(1);
        if boosted.until_ns != 0 {
            if now_ns() >= boosted.until_ns {
                boosted.end();
            }
        } else if self.requested.load(Relaxed) == me
            // Relaxed: the request hands over nothing else.
            && self.requested.cmpxchg(me, 0, Relaxed).is_ok()
        {
            let length_ns = MAX_BOOST_NS.min(self.period_ns / 2);
            boosted.until_ns = now_ns().saturating_add(length_ns);
            self.count.add(1, Relaxed);
            set_fifo();
        }
    }
}

impl Boosted {
    /// Ends the boost, if there is one.
    pub(super) fn end(&mut self) {
        if self.until_ns != 0 {
            self.until_ns = 0;
            set_lowest_priority();
        }
    }
}

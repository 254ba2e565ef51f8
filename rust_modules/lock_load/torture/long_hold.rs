// SPDX-License-Identifier: GPL-2.0

//! Long holds: one thread stays in a section for long; `long_hold_ms`, `long_hold_every_ms`.

use super::periodic::ns;
use crate::{
    lock::{
        Contender,
        LockUnderTest, //
    },
    prelude::*, //
};

/// Long holds of one run.
pub(super) struct LongHold {
    length_ns: u64,
    pub(super) period_ns: u64,
    /// The next thread that comes by is to hold for long.
    requested: Padded<Atomic<bool>>,
    pub(super) count: Padded<Atomic<u64>>,
}

impl LongHold {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            length_ns: ns(config.long_hold_ms),
            period_ns: match config.long_hold_ms {
                0 => 0,
                _ => ns(config.long_hold_every_ms),
            },
            requested: Padded(Atomic::new(false)),
            count: Padded(Atomic::new(0)),
        }
    }

    /// Control thread: has the next thread hold for long.
    pub(super) fn request(&self) {
        self.requested.store(true, Relaxed);
    }

    /// Thread: holds the lock for long if that is requested; returns whether it did.
    pub(super) fn step(
        &self,
        lock: &dyn LockUnderTest,
        thread: &Contender<'_>,
        stop_flag: &StopFlag,
    ) -> bool {
        // Relaxed: the request hands over nothing else.
        let taken = || self.requested.cmpxchg(true, false, Relaxed).is_ok();
        if !self.requested.load(Relaxed) || !taken() {
            return false;
        }
        lock.hold_during(thread, &|| {
            let until = now_ns().saturating_add(self.length_ns);
            while now_ns() < until && !stop_flag.is_raised() {
                cpu_relax();
            }
        });
        self.count.add(1, Relaxed);
        true
    }
}

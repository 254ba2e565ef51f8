// SPDX-License-Identifier: GPL-2.0

//! Each bottleneck keeps its promises in every variant; only its speed differs.

#[path = "../support/mod.rs"]
mod support;

mod anon_chain;
mod file_list;
mod hash;
mod ids;
mod lru;
mod mount_count;
mod mount_lookup;
mod page_clear;
mod path_walk;
mod peer_ref;
#[expect(unsafe_code, reason = "what is freed is a race")]
mod rcu;
mod readahead;

use algo::{Tuning, Waiter};

/// A thread that waits for locks.
fn waiter() -> Waiter {
    Waiter::new(Tuning::default())
}

/// Numbers that look like chance, for one thread of a test.
struct Dice(u64);

impl Dice {
    fn of(thread: u32) -> Self {
        Self(u64::from(thread) + 1)
    }

    /// Marsaglia, "Xorshift RNGs", 2003.
    fn roll(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }
}

/// Fails if anything that was found is not as it is due.
fn found(name: &str, seen: u64, due: u64) {
    assert_eq!(seen, due, "{name}");
}

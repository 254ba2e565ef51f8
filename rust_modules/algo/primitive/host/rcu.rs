// SPDX-License-Identifier: GPL-2.0

//! The host twin of read-copy-update: numbered readers, and a wait for them.
//!
//! After the guarantee of `Documentation/RCU/Design/Requirements`: of a reader and a grace period,
//! either the whole reader happens before the end of the period, or the period's beginning happens
//! before the whole reader. To loom the twin orders no more than that: a reader learns nothing of
//! other readers. What loom cannot show is a period of real length, during which readers come and
//! go, and the kernel's own machinery: these are tested only, by threads and in guests.

extern crate std;

use core::cell::Cell;
use std::{sync::Mutex, vec::Vec};

use super::{cpu_relax, Acquire, Atomic, Release};

/// The readers under way.
struct Readers {
    /// Periods that have begun. Not the number but the order of its changes is what counts.
    begun: Atomic<u32>,
    /// Readers that have ended; as above.
    ended: Atomic<u32>,
    /// Readers under way, by number, and the next number. No operation of loom's is done while this
    /// is held, so that its threads, which take turns, never wait for it.
    now: Mutex<(Vec<u64>, u64)>,
}

impl Readers {
    fn new() -> Self {
        Self {
            begun: Atomic::new(0),
            ended: Atomic::new(0),
            now: Mutex::new((Vec::new(), 0)),
        }
    }
}

/// Runs `read` as a reader.
pub fn rcu<R>(read: impl FnOnce() -> R) -> R {
    let _reader = Reader::new();
    read()
}

/// A reader under way; one that panics ends, too.
struct Reader(u64);

impl Reader {
    fn new() -> Self {
        // An exchange, since it may not miss the last: pairs with the release in `grace`.
        READERS.begun.fetch_add(0, Acquire);
        // loom switches threads before an operation, so no other thread comes in between.
        let mut now = READERS.now.lock().unwrap();
        let number = now.1;
        now.0.push(number);
        now.1 += 1;
        DEPTH.with(|depth| depth.set(depth.get() + 1));
        Self(number)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Pairs with the acquire in `grace`.
        READERS.ended.fetch_add(1, Release);
        let mut now = READERS.now.lock().unwrap();
        now.0.retain(|&number| number != self.0);
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}

/// Waits until every reader that began before is done.
pub fn grace() {
    DEPTH.with(|depth| assert_eq!(depth.get(), 0, "a reader waits for itself"));
    // Pairs with the acquire of readers that begin later.
    READERS.begun.fetch_add(1, Release);
    let before = READERS.now.lock().unwrap().1;
    let waits = || {
        let now = READERS.now.lock().unwrap();
        now.0.iter().any(|&number| number < before)
    };
    while waits() {
        cpu_relax();
    }
    // An exchange, as above: pairs with the release of the readers that have ended.
    READERS.ended.fetch_add(0, Acquire);
}

#[cfg(loom)]
loom::lazy_static! {
    static ref READERS: Readers = Readers::new();
}
#[cfg(loom)]
loom::thread_local! {
    static DEPTH: Cell<u32> = Cell::new(0);
}
#[cfg(not(loom))]
static READERS: std::sync::LazyLock<Readers> = std::sync::LazyLock::new(Readers::new);
#[cfg(not(loom))]
std::thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

// SPDX-License-Identifier: GPL-2.0

//! The simulated twin of read-copy-update: readers cost nothing, and a grace period waits for those that
//! began before it, and for as long as the kernel's takes at least.

extern crate std;

use core::cell::RefCell;
use std::vec::Vec;

use machine::words;

/// The least length of a grace period, and how often the end of a longer one is looked for.
const PERIOD_NS: u64 = 1_000_000;

/// Readers under way, by number, and the next number.
#[derive(Default)]
struct Readers {
    under_way: Vec<u64>,
    next: u64,
}

std::thread_local! {
    static READERS: RefCell<Readers> = RefCell::default();
}

/// A reader under way; one that unwinds ends, too.
struct Reader(u64);

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = READERS.try_with(|readers| {
            readers
                .borrow_mut()
                .under_way
                .retain(|&other| other != self.0);
        });
    }
}

/// Runs `read` as a reader.
pub fn rcu<R>(read: impl FnOnce() -> R) -> R {
    let _reader = READERS.with(|readers| {
        let mut readers = readers.borrow_mut();
        let number = readers.next;
        readers.next += 1;
        readers.under_way.push(number);
        Reader(number)
    });
    read()
}

/// Waits until every reader that began before is done.
pub fn grace() {
    let before = READERS.with(|readers| readers.borrow().next);
    let waits = || {
        READERS.with(|readers| {
            let readers = readers.borrow();
            readers.under_way.iter().any(|&number| number < before)
        })
    };
    words::sleep(PERIOD_NS);
    while waits() {
        words::sleep(PERIOD_NS);
    }
}

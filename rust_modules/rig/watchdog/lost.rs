// SPDX-License-Identifier: GPL-2.0

//! Record of lost wake-ups: which vCPU stayed halted, on what, and the memory of its lock then.

use core::mem::size_of;

use abi::trial::{
    Lost,
    Words, //
};
use kernel::bindings;

use crate::prelude::*;

/// Memory that the record of a lost wake-up shows.
#[derive(Clone, Copy)]
pub struct Region {
    from: usize,
    words: usize,
}

impl Region {
    /// The memory of `it`, as far as it fits into [`Words`].
    pub fn of<T>(it: &T) -> Self {
        Self {
            from: core::ptr::from_ref(it).addr(),
            words: (size_of::<T>() / size_of::<u32>()).min(Words::MOST),
        }
    }

    /// No memory.
    pub fn none() -> Self {
        Self { from: 0, words: 0 }
    }
}

/// Number of lost wake-ups, and the first few.
pub(super) struct LostWakeups {
    count: Atomic<u32>,
    lock: Region,
    first: [LostWakeup; KEPT],
}

/// Lost wake-ups that are kept.
const KEPT: usize = 8;

struct LostWakeup {
    vcpu: Atomic<u32>,
    halted_on: Atomic<u32>,
    found: Atomic<u32>,
    waited_us: Atomic<u64>,
    words: [Atomic<u32>; Words::MOST],
}

impl LostWakeups {
    pub(super) fn new(lock: Region) -> Self {
        Self {
            count: Atomic::new(0),
            lock,
            first: core::array::from_fn(|_| LostWakeup {
                vcpu: Atomic::new(0),
                halted_on: Atomic::new(0),
                found: Atomic::new(0),
                waited_us: Atomic::new(0),
                words: [const { Atomic::new(0) }; Words::MOST],
            }),
        }
    }

    /// Returns how many there were.
    pub(super) fn count(&self) -> u32 {
        self.count.load(Relaxed)
    }

    /// Records that `vcpu` halted on `halted_on`, which became `found`, and was not kicked.
    pub(super) fn record(&self, vcpu: u32, halted_on: u32, found: u32, waited_ns: u64) {
        let at = self.count.fetch_add(1, Relaxed);
        let Some(lost) = self.first.get(at as usize) else {
            return;
        };
        lost.vcpu.store(vcpu, Relaxed);
        lost.halted_on.store(halted_on, Relaxed);
        lost.found.store(found, Relaxed);
        lost.waited_us.store(waited_ns / 1000, Relaxed);
        let addresses = (self.lock.from..).step_by(size_of::<u32>());
        for (word, address) in lost.words.iter().zip(addresses).take(self.lock.words) {
            word.store(peek(address).unwrap_or(0), Relaxed);
        }
    }

    /// Returns the first few; all threads have left.
    pub(super) fn first(&self) -> impl Iterator<Item = Lost> + '_ {
        let count = self.count() as usize;
        self.first.iter().take(count).map(|lost| Lost {
            vcpu: lost.vcpu.load(Relaxed),
            halted_on: lost.halted_on.load(Relaxed),
            found: lost.found.load(Relaxed),
            waited_us: lost.waited_us.load(Relaxed),
            lock: Words::new(
                lost.words
                    .iter()
                    .take(self.lock.words)
                    .map(|word| word.load(Relaxed)),
            ),
        })
    }
}

/// Reads a word at an address that may have become invalid.
pub(super) fn peek(address: usize) -> Option<u32> {
    let mut word = 0u32;
    // SAFETY: The destination is a word; the source may be anything.
    let error = unsafe {
        bindings::copy_from_kernel_nofault(
            (&raw mut word).cast::<c_void>(),
            address as *const c_void,
            size_of::<u32>(),
        )
    };
    (error == 0).then_some(word)
}

// SPDX-License-Identifier: GPL-2.0

//! Wake-ups that were lost: who was stuck, on what, and what its lock looked like then.

use core::mem::size_of;

use abi::trial::{
    Lost,
    Words, //
};
use algo::primitive::{
    Atomic,
    Relaxed, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// A piece of memory to be shown.
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

/// The first few losses, and how many there were.
pub(super) struct Losses {
    count: Atomic<u32>,
    lock: Region,
    kept: [Kept; KEPT],
}

const KEPT: usize = 8;

struct Kept {
    vcpu: Atomic<u32>,
    halted_on: Atomic<u32>,
    found: Atomic<u32>,
    waited_us: Atomic<u64>,
    words: [Atomic<u32>; Words::MOST],
}

impl Losses {
    pub(super) fn new(lock: Region) -> Self {
        let kept = || Kept {
            vcpu: Atomic::new(0),
            halted_on: Atomic::new(0),
            found: Atomic::new(0),
            waited_us: Atomic::new(0),
            words: [const { Atomic::new(0) }; Words::MOST],
        };
        Self {
            count: Atomic::new(0),
            lock,
            kept: core::array::from_fn(|_| kept()),
        }
    }

    /// Returns how many there were.
    pub(super) fn count(&self) -> u32 {
        self.count.load(Relaxed)
    }

    /// Notes that `vcpu` halted on `halted_on`, which became `found`, and was not kicked.
    pub(super) fn note(&self, vcpu: u32, halted_on: u32, found: u32, waited_ns: u64) {
        let at = self.count.fetch_add(1, Relaxed);
        let Some(kept) = self.kept.get(at as usize) else {
            return;
        };
        kept.vcpu.store(vcpu, Relaxed);
        kept.halted_on.store(halted_on, Relaxed);
        kept.found.store(found, Relaxed);
        kept.waited_us.store(waited_ns / 1000, Relaxed);
        for (i, word) in kept.words.iter().enumerate().take(self.lock.words) {
            let address = self
                .lock
                .from
                .wrapping_add(i.wrapping_mul(size_of::<u32>()));
            word.store(peek(address).unwrap_or(0), Relaxed);
        }
    }

    /// Returns the first few; all threads have left.
    pub(super) fn first(&self) -> impl Iterator<Item = Lost> + '_ {
        let count = self.count() as usize;
        self.kept.iter().take(count).map(|kept| Lost {
            vcpu: kept.vcpu.load(Relaxed),
            halted_on: kept.halted_on.load(Relaxed),
            found: kept.found.load(Relaxed),
            waited_us: kept.waited_us.load(Relaxed),
            lock: Words::new(
                kept.words
                    .iter()
                    .take(self.lock.words)
                    .map(|word| word.load(Relaxed)),
            ),
        })
    }
}

/// Reads a word that may not be there any more.
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

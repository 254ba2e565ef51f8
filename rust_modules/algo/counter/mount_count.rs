// SPDX-License-Identifier: GPL-2.0

//! A reference count that is not tested for zero until it is detached.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: a mounted file system's count cannot be zero,
//! so as long as it is mounted the counts may stay on their vCPUs, and only unmounting adds them
//! up. Today's are `struct mnt_pcp` in `fs/namespace.c` and `lib/percpu-refcount.c`.
//!
//! ```text
//!   attached ──detach: vCPU after vCPU closes its word──▶ closed ──▶ exact
//! ```
//! A word that is closed sends its users to the central count, which meanwhile is kept from zero
//! by a weight. A vCPU closes its own word, so no user is in the middle of it: what a user decided is
//! committed by a compare-and-exchange, which then fails. May be used in any context.

use crate::prelude::*;

/// In the word of a vCPU: closed.
const CLOSED: i64 = i64::MIN;
/// Keeps the central count from zero until all words are in it.
const WEIGHT: i64 = 1 << 62;

/// References to something that is attached, and then detached.
pub struct MountCount {
    central: Atomic<i64>,
    words: PerVcpu,
}

impl MountCount {
    /// Creates the count, attached, with one reference, which `detach` puts.
    pub fn new(words: PerVcpu) -> Self {
        Self {
            central: Atomic::new(WEIGHT.wrapping_add(1)),
            words,
        }
    }

    /// Gets a reference; the caller has one, or knows that it is attached.
    #[inline(always)]
    pub fn get(&self) {
        if !self.count(1) {
            self.central.add(1, Relaxed);
        }
    }

    /// Puts a reference; returns whether it was the last one after the detaching.
    #[inline(always)]
    #[must_use = "the last put has to clean up"]
    pub fn put(&self) -> bool {
        !self.count(-1) && self.put_central(1)
    }

    /// Adds `n` to the word of this vCPU, unless it is closed.
    #[inline(always)]
    fn count(&self, n: i64) -> bool {
        let mine = self.words.mine();
        loop {
            let word = mine.get();
            if word == CLOSED {
                return false;
            }
            // Pairs with the acquire in `close`: what was done with a reference that is put is
            // over. Getting one hands nothing over, and needs no order.
            if mine.cmpxchg(word, word.wrapping_add(n), Release).is_ok() {
                return true;
            }
        }
    }

    /// Detaches it and gives up the first reference; returns whether that was the last. Once
    /// only. From then on the count is exact, and the last put returns so.
    #[must_use = "the last put has to clean up"]
    pub fn detach(&self, vcpus: &impl EachVcpu) -> bool {
        vcpus.visit(&|| self.close(), &|vcpu| self.close_dead(vcpu));
        self.detach_closed()
    }

    /// The end of [`detach`](Self::detach), after every vCPU closed its word.
    #[must_use = "the last put has to clean up"]
    pub fn detach_closed(&self) -> bool {
        self.put_central(WEIGHT.wrapping_add(1))
    }

    /// Moves the word of this vCPU to the central count, for ever.
    pub fn close(&self) {
        let mine = self.words.mine();
        loop {
            let word = mine.get();
            // Pairs with the release in `put`: what was done with those that are over is seen by
            // the put that then finds the last.
            if word == CLOSED || mine.cmpxchg(word, CLOSED, Acquire).is_ok() {
                return self.take_over(word);
            }
        }
    }

    /// The same for `vcpu`, which is offline and runs nothing meanwhile.
    pub fn close_dead(&self, vcpu: u32) {
        if let Some(word) = self.words.dead(vcpu) {
            // Pairs with the release in `put`, as in `close`.
            self.take_over(word.xchg(CLOSED, Acquire));
        }
    }

    fn take_over(&self, word: i64) {
        if word != CLOSED {
            // Passes on what `close` acquired: pairs with `put_central`.
            self.central.fetch_add(word, Full);
        }
    }

    fn put_central(&self, n: i64) -> bool {
        // The put that finds none left sees what all others released: pairs with itself
        // and with `take_over`.
        self.central.fetch_sub(n, Full) == n
    }

    /// Begins anew, attached, with one reference. No thread has one any more, nor gets one meanwhile.
    pub fn revive(&self) {
        let words = (0..self.words.vcpus()).filter_map(|vcpu| self.words.dead(vcpu));
        // What follows is ordered by how the caller says that it is there again.
        words.for_each(|word| word.store(0, Relaxed));
        self.central.store(WEIGHT.wrapping_add(1), Relaxed);
    }

    /// Returns how many references there are; exact while none is got or put.
    pub fn in_use(&self) -> i64 {
        let words = (0..self.words.vcpus()).map(|vcpu| self.words.of(vcpu));
        let open = words.filter(|&word| word != CLOSED);
        let central = match self.central.load(Relaxed) {
            attached if attached > WEIGHT / 2 => attached.wrapping_sub(WEIGHT),
            detached => detached,
        };
        open.fold(central, i64::wrapping_add)
    }
}

impl Counter for MountCount {
    /// Gets one for a positive `n`, puts one for a negative.
    #[inline(always)]
    fn add(&self, n: i64) {
        if n > 0 {
            return self.get();
        }
        let _ = self.put();
    }

    /// Sums all vCPUs: while it is attached, users do not read it.
    fn read(&self) -> i64 {
        self.in_use().wrapping_sub(1)
    }
}

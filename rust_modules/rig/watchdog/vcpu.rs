// SPDX-License-Identifier: GPL-2.0

//! Halts of one vCPU: the one under way, and what ended the others.

use super::lost::peek;
use crate::prelude::*;

/// Halts of a vCPU, which alone writes this, but for the part of the watchdog.
pub(super) struct VcpuHalts {
    /// Halts that ended by a kick, their word having changed.
    pub(super) kicked: Atomic<u64>,
    /// Those of them where a tick came before the kick.
    pub(super) late: Atomic<u64>,
    /// Halts that ended though their word had not changed.
    pub(super) spurious: Atomic<u64>,
    /// Odd during a halt; rises by one at the beginning and at the end of each.
    number: Atomic<u32>,
    word: Atomic<usize>,
    value: Atomic<u32>,
    watched: Watched,
}

/// Part of the watchdog: the halt that it watches, and since when its word has changed.
struct Watched {
    number: Atomic<u32>,
    ns: Atomic<u64>,
    /// Halt that the watchdog ended; 0 is none, as no halt has an even number.
    rescued: Atomic<u32>,
    /// The vCPU is to be kicked.
    rescue: Atomic<bool>,
}

impl VcpuHalts {
    pub(super) fn new() -> Self {
        Self {
            kicked: Atomic::new(0),
            late: Atomic::new(0),
            spurious: Atomic::new(0),
            number: Atomic::new(0),
            word: Atomic::new(0),
            value: Atomic::new(0),
            watched: Watched {
                number: Atomic::new(0),
                ns: Atomic::new(0),
                rescued: Atomic::new(0),
                rescue: Atomic::new(false),
            },
        }
    }

    /// Begins a halt; returns its number.
    pub(super) fn enter(&self, word: &Atomic<u32>, value: u32) -> u32 {
        self.word.store(core::ptr::from_ref(word).addr(), Relaxed);
        self.value.store(value, Relaxed);
        let number = self.number.load(Relaxed).wrapping_add(1);
        // Pairs with the acquire in `now`: a reader of the number finds the word and its value.
        self.number.store(number, Release);
        number
    }

    /// Ends the halt.
    pub(super) fn leave(&self) {
        let number = self.number.load(Relaxed).wrapping_add(1);
        // Pairs with the acquire in `now`.
        self.number.store(number, Release);
    }

    pub(super) fn is_halted(&self) -> bool {
        self.number.load(Relaxed) % 2 == 1
    }

    /// Returns whether the watchdog ended the halt of this number.
    pub(super) fn was_rescued(&self, number: u32) -> bool {
        self.watched.rescued.load(Relaxed) == number
    }

    /// Returns the number of the halt under way, and the value of its word at its begin and now.
    fn now(&self) -> Option<(u32, u32, u32)> {
        // Pairs with the release in `enter` and `leave`.
        let number = self.number.load(Acquire);
        if number % 2 == 0 {
            return None;
        }
        let value = self.value.load(Relaxed);
        // The halt may end at any time, and its word go with the stack that it was on.
        let found = peek(self.word.load(Relaxed))?;
        (self.number.load(Acquire) == number).then_some((number, value, found))
    }

    /// Adds `passed` to the time for which the halt went on with its word changed. Each time that
    /// exceeds `timeout`, the vCPU needs a rescue; the first time for a halt, this returns the value
    /// of its word at its begin and now, and the time.
    pub(super) fn overdue(&self, passed: u64, timeout: u64) -> Option<(u32, u32, u64)> {
        let watched = &self.watched;
        let (number, value, found) = self.now().filter(|(_, value, found)| value != found)?;
        if watched.number.load(Relaxed) != number {
            watched.number.store(number, Relaxed);
            watched.ns.store(0, Relaxed);
            return None;
        }
        let waited = watched.ns.load(Relaxed).saturating_add(passed);
        watched.ns.store(waited, Relaxed);
        if waited < timeout {
            return None;
        }
        watched.ns.store(0, Relaxed);
        watched.rescue.store(true, Relaxed);
        if watched.rescued.load(Relaxed) == number {
            return None;
        }
        watched.rescued.store(number, Relaxed);
        Some((value, found, waited))
    }

    /// Returns whether the vCPU is to be kicked, once.
    pub(super) fn take_rescue(&self) -> bool {
        let rescue = self.watched.rescue.load(Relaxed);
        if rescue {
            self.watched.rescue.store(false, Relaxed);
        }
        rescue
    }
}

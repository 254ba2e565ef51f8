// SPDX-License-Identifier: GPL-2.0

//! Where one vCPU halts, and what ended its halts.

use algo::primitive::{
    Acquire,
    Atomic,
    Relaxed,
    Release, //
};

use super::loss::peek;

/// A vCPU's place. It alone writes it, but for the watchdog's part.
pub(super) struct Post {
    /// Halts that ended by a kick, their word having changed.
    pub(super) kicked: Atomic<u64>,
    /// Those of them where a tick came before the kick.
    pub(super) late: Atomic<u64>,
    /// Halts that ended though their word had not changed.
    pub(super) spurious: Atomic<u64>,
    /// Odd while it halts; rises by one with each halt's begin and end.
    turn: Atomic<u32>,
    word: Atomic<usize>,
    value: Atomic<u32>,
    seen: Seen,
}

/// The watchdog's part: the halt that it looks at, and for how long it saw that go on.
struct Seen {
    turn: Atomic<u32>,
    ns: Atomic<u64>,
    /// The halt that it ended; 0 is none, as no halt has an even number.
    rescued: Atomic<u32>,
    /// It is to be ended, again if need be.
    rescue: Atomic<bool>,
}

impl Post {
    pub(super) fn new() -> Self {
        Self {
            kicked: Atomic::new(0),
            late: Atomic::new(0),
            spurious: Atomic::new(0),
            turn: Atomic::new(0),
            word: Atomic::new(0),
            value: Atomic::new(0),
            seen: Seen {
                turn: Atomic::new(0),
                ns: Atomic::new(0),
                rescued: Atomic::new(0),
                rescue: Atomic::new(false),
            },
        }
    }

    /// The vCPU halts now; returns the number of the halt.
    pub(super) fn enter(&self, word: &Atomic<u32>, value: u32) -> u32 {
        self.word.store(core::ptr::from_ref(word).addr(), Relaxed);
        self.value.store(value, Relaxed);
        let turn = self.turn.load(Relaxed).wrapping_add(1);
        // Pairs with the acquire in `now`: whoever sees the halt finds what it waits for.
        self.turn.store(turn, Release);
        turn
    }

    /// The halt is over.
    pub(super) fn leave(&self) {
        let turn = self.turn.load(Relaxed).wrapping_add(1);
        self.turn.store(turn, Release);
    }

    pub(super) fn is_halted(&self) -> bool {
        self.turn.load(Relaxed) % 2 == 1
    }

    /// Returns whether the watchdog ended the halt of this number.
    pub(super) fn was_rescued(&self, turn: u32) -> bool {
        self.seen.rescued.load(Relaxed) == turn
    }

    /// Returns the number of the halt under way, what its word was, and what it is now.
    fn now(&self) -> Option<(u32, u32, u32)> {
        // Pairs with the release in `enter`.
        let turn = self.turn.load(Acquire);
        if turn % 2 == 0 {
            return None;
        }
        let value = self.value.load(Relaxed);
        // The halt may end at any time, and its word be gone with the stack that it was on.
        let found = peek(self.word.load(Relaxed))?;
        (self.turn.load(Acquire) == turn).then_some((turn, value, found))
    }

    /// Adds `passed` to the time that the halt was seen to go on with its word changed. Once that
    /// is beyond `patience`, and again each time, the vCPU needs rescue; the first time for a halt,
    /// this returns what its word was, what it is now, and the time.
    pub(super) fn overslept(&self, passed: u64, patience: u64) -> Option<(u32, u32, u64)> {
        let seen = &self.seen;
        let (turn, value, found) = self.now().filter(|(_, value, found)| value != found)?;
        if seen.turn.load(Relaxed) != turn {
            seen.turn.store(turn, Relaxed);
            seen.ns.store(0, Relaxed);
            return None;
        }
        let waited = seen.ns.load(Relaxed).saturating_add(passed);
        seen.ns.store(waited, Relaxed);
        if waited < patience {
            return None;
        }
        seen.ns.store(0, Relaxed);
        seen.rescue.store(true, Relaxed);
        if seen.rescued.load(Relaxed) == turn {
            return None;
        }
        seen.rescued.store(turn, Relaxed);
        Some((value, found, waited))
    }

    /// Returns whether the vCPU is to be kicked, once.
    pub(super) fn needs_rescue(&self) -> bool {
        let needs = self.seen.rescue.load(Relaxed);
        if needs {
            self.seen.rescue.store(false, Relaxed);
        }
        needs
    }
}

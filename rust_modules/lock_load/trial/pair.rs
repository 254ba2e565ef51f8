// SPDX-License-Identifier: GPL-2.0

//! Two threads and a word: the waiter waits for the word to change, the kicker changes it and kicks.

use crate::prelude::*;
use algo::primitive::{
    Acquire,
    Full,
    Release,
    Vcpu, //
};

/// What a pair shares. Round `n` begins with `ready` at `n` and ends with `word` at `n`.
pub(super) struct Pair {
    /// The round that the waiter is ready for.
    ready: Atomic<u32>,
    /// What the waiter waits for.
    word: Atomic<u32>,
    /// The waiter's vCPU; [`END`] before its first round.
    vcpu: Atomic<u32>,
    /// When the kicker last changed the word.
    changed_ns: SingleWriter,
    /// A side has ended.
    ended: Atomic<bool>,
    /// Rounds that the waiter completed.
    rounds: SingleWriter,
    /// Its timed wake-ups: their count, their sum and the longest.
    wakes: SingleWriter,
    wake_ns: SingleWriter,
    longest_ns: SingleWriter,
}

/// In place of a round: no other follows.
const END: u32 = u32::MAX;

/// Loops before a kick, more with each round up to this, so that kicks hit different moments of the
/// halt.
const KICK_SPREAD: u32 = 1 << 12;
/// Loops more with each round; coprime to [`KICK_SPREAD`], so that all lengths come up.
const KICK_STRIDE: u32 = 61;

/// One thread of a pair.
pub(super) struct Side<'a> {
    pub(super) pair: &'a Pair,
    pub(super) watchdog: &'a Watchdog,
    pub(super) stop_flag: &'a StopFlag,
    pub(super) events: &'a Events,
}

impl Pair {
    pub(super) fn new() -> Self {
        Self {
            ready: Atomic::new(0),
            word: Atomic::new(0),
            vcpu: Atomic::new(END),
            changed_ns: SingleWriter::default(),
            ended: Atomic::new(false),
            rounds: SingleWriter::default(),
            wakes: SingleWriter::default(),
            wake_ns: SingleWriter::default(),
            longest_ns: SingleWriter::default(),
        }
    }

    /// Ends one side. Unless it completed all rounds this ends the other side too, whether that
    /// waits, is halted or has not begun.
    pub(super) fn end(&self, watchdog: &Watchdog, all_rounds: bool) {
        self.ended.store(true, Relaxed);
        if all_rounds {
            return;
        }
        // Pairs with the acquire in `wait_for_ready`.
        self.ready.store(END, Release);
        // Full: the kick comes after it. Pairs with the acquires of the waiter.
        self.word.xchg(END, Full);
        if let Some(vcpu) = self.waiter() {
            watchdog.kick(vcpu);
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// Returns the waiter's vCPU.
    pub(super) fn waiter(&self) -> Option<u32> {
        match self.vcpu.load(Relaxed) {
            END => None,
            vcpu => Some(vcpu),
        }
    }

    pub(super) fn rounds(&self) -> u64 {
        self.rounds.get()
    }

    /// Returns how many wake-ups were timed, their sum and the longest.
    pub(super) fn wakes(&self) -> (u64, u64, u64) {
        (self.wakes.get(), self.wake_ns.get(), self.longest_ns.get())
    }
}

/// The part of one thread in a round; each function returns whether the round was completed.
impl Side<'_> {
    /// Kicker: changes the word and kicks, once the waiter has halted if `halted`.
    pub(super) fn kick(&self, round: u32, halted: bool) -> bool {
        let Some(vcpu) = self.wait_for_ready(round) else {
            return false;
        };
        while halted && !self.watchdog.is_halted(vcpu) {
            if self.stop_flag.is_raised() {
                return false;
            }
            self.watchdog.scan();
            cpu_relax();
        }
        busy_loop(u64::from(round.wrapping_mul(KICK_STRIDE) % KICK_SPREAD));
        self.pair.changed_ns.set(now_ns());
        if !self.change_word(round) {
            return false;
        }
        self.kick_vcpu(vcpu);
        true
    }

    /// Kicker: kicks, and only then changes the word for which the waiter halts.
    pub(super) fn kick_before_halt(&self, round: u32) -> bool {
        let Some(vcpu) = self.wait_for_ready(round) else {
            return false;
        };
        self.kick_vcpu(vcpu);
        self.change_word(round)
    }

    /// Waiter: halts until the word has changed.
    pub(super) fn halt(&self, round: u32) -> bool {
        let (pair, before) = (self.pair, round.wrapping_sub(1));
        if !self.announce(round) {
            return false;
        }
        while pair.word.load(Relaxed) == before {
            self.events.halts.bump();
            self.watchdog.halt_while(&pair.word, before);
        }
        let completed = self.complete(round);
        if completed {
            let ns = now_ns().saturating_sub(pair.changed_ns.get());
            pair.wakes.add(1);
            pair.wake_ns.add(ns);
            pair.longest_ns.raise(ns);
        }
        completed
    }

    /// Waiter: turns interrupts off, and halts once it has been kicked.
    pub(super) fn halt_after_kick(&self, round: u32) -> bool {
        let pair = self.pair;
        pair.vcpu.store(Vcpu::current().number(), Relaxed);
        self.watchdog.halt_after_kick(
            &pair.word,
            round.wrapping_sub(1),
            || {
                self.events.halts.bump();
                self.announce(round)
            },
            || self.stop_flag.is_raised(),
        );
        self.complete(round)
    }

    /// Waiter: spins until the word has changed, and is kicked meanwhile.
    pub(super) fn spin(&self, round: u32) -> bool {
        if !self.announce(round) {
            return false;
        }
        while self.pair.word.load(Relaxed) == round.wrapping_sub(1) {
            if self.stop_flag.is_raised() {
                return false;
            }
            cpu_relax();
        }
        self.complete(round)
    }

    /// Lets the kicker begin the round.
    fn announce(&self, round: u32) -> bool {
        let pair = self.pair;
        pair.vcpu.store(Vcpu::current().number(), Relaxed);
        // Pairs with the acquire in `wait_for_ready`, which finds the vCPU.
        pair.ready
            .cmpxchg(round.wrapping_sub(1), round, Release)
            .is_ok()
    }

    /// Counts the round if the word has the value that ends it.
    fn complete(&self, round: u32) -> bool {
        // Pairs with the full exchange in `change_word`, which published the time of the change.
        let completed = self.pair.word.load(Acquire) == round;
        if completed {
            self.pair.rounds.add(1);
        }
        completed
    }

    /// Waits until the waiter is ready; returns its vCPU.
    fn wait_for_ready(&self, round: u32) -> Option<u32> {
        loop {
            // Pairs with the release in `announce`.
            match self.pair.ready.load(Acquire) {
                END => return None,
                ready if ready == round => return self.pair.waiter(),
                _ if self.stop_flag.is_raised() => return None,
                _ => {
                    self.watchdog.scan();
                    cpu_relax();
                }
            }
        }
    }

    /// Changes the word, unless the other side has ended.
    fn change_word(&self, round: u32) -> bool {
        // Full: the kick comes after it. Pairs with the acquire in `complete`.
        let changed = self.pair.word.cmpxchg(round.wrapping_sub(1), round, Full);
        changed.is_ok()
    }

    fn kick_vcpu(&self, vcpu: u32) {
        self.watchdog.kick(vcpu);
        self.events.kicks.bump();
    }
}

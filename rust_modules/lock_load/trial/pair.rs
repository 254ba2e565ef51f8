// SPDX-License-Identifier: GPL-2.0

//! Two threads and a word: the waiter waits for the word to change, the kicker changes it and kicks.
//!
//! Either thread may be off its vCPU for long, or both on one after a vCPU went offline. So before a
//! round they agree on it, and back out as long as one of them does not run:
//!
//! ```text
//!   OVER(n-1) ──kicker: preemption off──▶ OFFERED(n) ──waiter: preemption off──▶ OVER(n), running
//!       ▲                                      │
//!       └─────────kicker: need_resched─────────┘
//! ```
//!
//! A round that was accepted is completed by two threads that run, on two vCPUs. Only then does a vCPU
//! wait with preemption or interrupts off, or halt.

use algo::primitive::{
    Acquire,
    Full,
    Release,
    Vcpu, //
};
use rig::need_resched;

use crate::prelude::*;

/// What a pair shares. Round `n` ends with `word` at `n`.
pub(super) struct Pair {
    /// How far the two have agreed: [`accepted`], [`offered`] or [`END`].
    agreed: Atomic<u32>,
    /// What the waiter waits for.
    word: Atomic<u32>,
    /// The waiter's vCPU in the round that it accepted; [`END`] before the first.
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

/// In place of an agreement: no other round follows.
const END: u32 = u32::MAX;
/// The most rounds that can be agreed on.
pub(super) const MOST_ROUNDS: u32 = END / 2 - 1;

/// Value of [`Pair::agreed`] from when the waiter accepts `round` until the next is offered.
fn accepted(round: u32) -> u32 {
    round.wrapping_mul(2)
}

/// Value of [`Pair::agreed`] while the kicker offers `round`.
fn offered(round: u32) -> u32 {
    accepted(round).wrapping_sub(1)
}

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
            agreed: Atomic::new(accepted(0)),
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

    /// Ends one side. Unless it completed all rounds this ends the other side too, which waits for the
    /// next round or will: the last that was accepted is completed.
    pub(super) fn end(&self, all_rounds: bool) {
        self.ended.store(true, Relaxed);
        if !all_rounds {
            // Nothing to order: the other side only leaves.
            self.agreed.store(END, Relaxed);
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
        let Some((_pinned, vcpu)) = self.offer(round) else {
            return false;
        };
        while halted && !self.watchdog.is_halted(vcpu) {
            self.watchdog.scan();
            cpu_relax();
        }
        busy_loop(u64::from(round.wrapping_mul(KICK_STRIDE) % KICK_SPREAD));
        self.pair.changed_ns.set(now_ns());
        self.change_word(round);
        self.kick_vcpu(vcpu);
        true
    }

    /// Kicker: kicks, and only then changes the word for which the waiter halts.
    pub(super) fn kick_before_halt(&self, round: u32) -> bool {
        let Some((_pinned, vcpu)) = self.offer(round) else {
            return false;
        };
        self.kick_vcpu(vcpu);
        self.change_word(round);
        true
    }

    /// Waiter: halts until the word has changed.
    pub(super) fn halt(&self, round: u32) -> bool {
        let (pair, before) = (self.pair, round.wrapping_sub(1));
        let Some(_pinned) = self.wait_for_offer(round, || self.accept(round)) else {
            return false;
        };
        while pair.word.load(Relaxed) == before {
            self.events.halts.bump();
            self.watchdog.halt_while(&pair.word, before);
        }
        self.complete();
        let ns = now_ns().saturating_sub(pair.changed_ns.get());
        pair.wakes.add(1);
        pair.wake_ns.add(ns);
        pair.longest_ns.raise(ns);
        true
    }

    /// Waiter: turns interrupts off, and halts once it has been kicked.
    pub(super) fn halt_after_kick(&self, round: u32) -> bool {
        let (word, before) = (&self.pair.word, round.wrapping_sub(1));
        let accepted = self.wait_for_offer(round, || {
            let mut accepted = false;
            self.watchdog.halt_after_kick(word, before, || {
                accepted = self.accept(round);
                accepted
            });
            accepted
        });
        if accepted.is_none() {
            return false;
        }
        self.events.halts.bump();
        self.complete();
        true
    }

    /// Waiter: spins until the word has changed, and is kicked meanwhile.
    pub(super) fn spin(&self, round: u32) -> bool {
        let Some(_pinned) = self.wait_for_offer(round, || self.accept(round)) else {
            return false;
        };
        while self.pair.word.load(Relaxed) == round.wrapping_sub(1) {
            cpu_relax();
        }
        self.complete();
        true
    }

    /// Kicker: offers the round until the waiter has accepted it. Returns the waiter's vCPU, with
    /// preemption off; `None` if no round follows.
    fn offer(&self, round: u32) -> Option<(Preempt, u32)> {
        let (agreed, before) = (&self.pair.agreed, accepted(round.wrapping_sub(1)));
        while !self.stop_flag.is_raised() {
            let pinned = Preempt::new();
            // Relaxed: the offer hands over nothing.
            agreed.cmpxchg(before, offered(round), Relaxed).ok()?;
            while agreed.load(Relaxed) == offered(round)
                && !need_resched()
                && !self.stop_flag.is_raised()
            {
                self.watchdog.scan();
                cpu_relax();
            }
            // Withdraws it, if the waiter has not accepted. Pairs with the release in `accept`.
            match agreed.cmpxchg(offered(round), before, Acquire) {
                Err(now) if now == accepted(round) => return Some((pinned, self.pair.waiter()?)),
                Err(_) => return None,
                Ok(_) => drop(pinned),
            }
            cond_resched();
        }
        None
    }

    /// Waiter: waits for the offer of the round, and calls `accept` with preemption off until that
    /// returns true. Returns with preemption off; `None` if no round follows.
    fn wait_for_offer(&self, round: u32, accept: impl Fn() -> bool) -> Option<Preempt> {
        while !self.stop_flag.is_raised() {
            // Relaxed: `accept` looks again.
            match self.pair.agreed.load(Relaxed) {
                END => return None,
                now if now == offered(round) => {
                    let pinned = Preempt::new();
                    if accept() {
                        return Some(pinned);
                    }
                }
                _ => self.watchdog.scan(),
            }
            cond_resched();
        }
        None
    }

    /// Waiter, with preemption off: accepts the round, unless the offer was withdrawn.
    fn accept(&self, round: u32) -> bool {
        let pair = self.pair;
        pair.vcpu.store(Vcpu::current().number(), Relaxed);
        // Pairs with the acquire in `offer`, after which the kicker reads the vCPU.
        let accepted = pair
            .agreed
            .cmpxchg(offered(round), accepted(round), Release);
        accepted.is_ok()
    }

    /// Waiter: counts the round; the word has changed.
    fn complete(&self) {
        // Pairs with the full exchange in `change_word`, which published the time of the change.
        let _ = self.pair.word.load(Acquire);
        self.pair.rounds.add(1);
    }

    fn change_word(&self, round: u32) {
        // Full: the kick comes after it. Pairs with the acquire in `complete`.
        self.pair.word.xchg(round, Full);
    }

    fn kick_vcpu(&self, vcpu: u32) {
        self.watchdog.kick(vcpu);
        self.events.kicks.bump();
    }
}

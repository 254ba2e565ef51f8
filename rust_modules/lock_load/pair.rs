// SPDX-License-Identifier: GPL-2.0

//! Two threads and a word: one waits for it to change, the other changes it and kicks.

use algo::{
    primitive::{
        cpu_relax,
        Acquire,
        Atomic,
        Full,
        Relaxed,
        Release,
        Vcpu, //
    },
    Events, //
};
use rig::{
    busy_loop,
    now_ns,
    StopFlag,
    Watchdog, //
};

/// What a pair shares. Round `n` begins with `ready` at `n` and ends with `word` there.
pub(crate) struct Pair {
    /// The round that the waiter is ready for.
    ready: Atomic<u32>,
    /// What it waits for.
    word: Atomic<u32>,
    /// Its vCPU; none yet if [`END`].
    vcpu: Atomic<u32>,
    kicked_ns: Atomic<u64>,
    /// A side has ended.
    ended: Atomic<bool>,
    /// Rounds that the waiter completed, and its wake-ups: their count, their sum and the longest.
    rounds: Atomic<u64>,
    wakes: Atomic<u64>,
    wake_ns: Atomic<u64>,
    longest_ns: Atomic<u64>,
}

/// In place of a round: no other follows.
const END: u32 = u32::MAX;

/// Loops that a kicker lets pass, more with each round up to this, so that the kick hits another
/// moment of the halt each time.
const SPREAD: u32 = 1 << 12;

/// One thread of a pair.
pub(crate) struct Side<'a> {
    pub(crate) pair: &'a Pair,
    pub(crate) dog: &'a Watchdog,
    pub(crate) stop_flag: &'a StopFlag,
    pub(crate) events: &'a Events,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self {
            ready: Atomic::new(0),
            word: Atomic::new(0),
            vcpu: Atomic::new(END),
            kicked_ns: Atomic::new(0),
            ended: Atomic::new(false),
            rounds: Atomic::new(0),
            wakes: Atomic::new(0),
            wake_ns: Atomic::new(0),
            longest_ns: Atomic::new(0),
        }
    }

    /// This side has done its rounds. If it ends before they are all done, so does the other,
    /// whether it waits, halts or has not begun.
    pub(crate) fn end(&self, dog: &Watchdog, all_done: bool) {
        self.ended.store(true, Relaxed);
        if all_done {
            return;
        }
        self.ready.store(END, Release);
        // Full: the kick comes after it.
        self.word.xchg(END, Full);
        if let Some(vcpu) = self.waiter() {
            dog.kick(vcpu);
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// Returns the waiter's vCPU.
    pub(crate) fn waiter(&self) -> Option<u32> {
        match self.vcpu.load(Relaxed) {
            END => None,
            vcpu => Some(vcpu),
        }
    }

    pub(crate) fn rounds(&self) -> u64 {
        self.rounds.load(Relaxed)
    }

    /// Returns how many wake-ups were timed, their sum and the longest.
    pub(crate) fn wakes(&self) -> (u64, u64, u64) {
        (
            self.wakes.load(Relaxed),
            self.wake_ns.load(Relaxed),
            self.longest_ns.load(Relaxed),
        )
    }
}

/// Each does its part of a round and returns whether there may be another.
impl Side<'_> {
    /// The kicker: changes the word, and kicks; once the waiter has halted, if `asleep`.
    pub(crate) fn kick(&self, round: u32, asleep: bool, storm: bool) -> bool {
        let Some(vcpu) = self.waiter_ready(round) else {
            return false;
        };
        // In a storm it is hardly ever halted.
        while asleep && !storm && !self.dog.is_halted(vcpu) {
            if self.over() {
                return false;
            }
            self.dog.scan();
            cpu_relax();
        }
        busy_loop(u64::from(round.wrapping_mul(61) % SPREAD));
        self.pair.kicked_ns.store(now_ns(), Relaxed);
        if !self.turn(round) {
            return false;
        }
        self.dog.kick(vcpu);
        self.events.kicks.bump();
        true
    }

    /// The kicker: kicks, and only then changes the word for which the waiter halts.
    pub(crate) fn kick_first(&self, round: u32) -> bool {
        let Some(vcpu) = self.waiter_ready(round) else {
            return false;
        };
        self.dog.kick(vcpu);
        self.events.kicks.bump();
        self.turn(round)
    }

    /// The waiter: halts until the word has changed.
    pub(crate) fn halt(&self, round: u32) -> bool {
        let (pair, before) = (self.pair, round.wrapping_sub(1));
        if !self.announce(round) {
            return false;
        }
        while pair.word.load(Relaxed) == before {
            self.events.halts.bump();
            self.dog.halt_while(&pair.word, before);
        }
        let woken = pair.word.load(Acquire) == round;
        if woken {
            let ns = now_ns().saturating_sub(pair.kicked_ns.load(Relaxed));
            pair.wakes.add(1, Relaxed);
            pair.wake_ns.add(ns, Relaxed);
            let longest = pair.longest_ns.load(Relaxed).max(ns);
            pair.longest_ns.store(longest, Relaxed);
            pair.rounds.add(1, Relaxed);
        }
        woken
    }

    /// The waiter: turns deaf, and halts once it has been kicked.
    pub(crate) fn halt_after_kick(&self, round: u32) -> bool {
        let (pair, before) = (self.pair, round.wrapping_sub(1));
        self.pair.vcpu.store(Vcpu::current().number(), Relaxed);
        self.dog.halt_after_kick(
            &pair.word,
            before,
            || {
                self.events.halts.bump();
                self.announce(round)
            },
            || self.over(),
        );
        let went_on = pair.word.load(Acquire) == round;
        if went_on {
            pair.rounds.add(1, Relaxed);
        }
        went_on
    }

    /// The waiter: runs until the word has changed, and is kicked meanwhile.
    pub(crate) fn run(&self, round: u32) -> bool {
        if !self.announce(round) {
            return false;
        }
        while self.pair.word.load(Acquire) == round.wrapping_sub(1) {
            if self.over() {
                return false;
            }
            cpu_relax();
        }
        let went_on = self.pair.word.load(Relaxed) == round;
        if went_on {
            self.pair.rounds.add(1, Relaxed);
        }
        went_on
    }

    /// Tells the kicker that the round may begin.
    fn announce(&self, round: u32) -> bool {
        let pair = self.pair;
        pair.vcpu.store(Vcpu::current().number(), Relaxed);
        // Pairs with the acquire in `waiter_ready`, which finds the vCPU.
        pair.ready
            .cmpxchg(round.wrapping_sub(1), round, Release)
            .is_ok()
    }

    /// Waits for the waiter to be ready; returns its vCPU.
    fn waiter_ready(&self, round: u32) -> Option<u32> {
        loop {
            // Pairs with the release in `announce`.
            match self.pair.ready.load(Acquire) {
                END => return None,
                ready if ready == round => return self.pair.waiter(),
                _ if self.over() => return None,
                _ => {
                    self.dog.scan();
                    cpu_relax();
                }
            }
        }
    }

    /// Changes the word, unless the other side has ended.
    fn turn(&self, round: u32) -> bool {
        // Full: a kick that follows comes after it. Pairs with the acquires of the waiter.
        let turned = self.pair.word.cmpxchg(round.wrapping_sub(1), round, Full);
        turned.is_ok()
    }

    fn over(&self) -> bool {
        self.stop_flag.is_raised()
    }
}

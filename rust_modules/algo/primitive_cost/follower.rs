// SPDX-License-Identifier: GPL-2.0

//! Follower: its part of a round.

use core::ops::Deref;

use super::{
    ball,
    length,
    next,
    pause_for,
    Kind,
    Line,
    Pace,
    PrimitiveCosts,
    END,
    EXCHANGES, //
};
use crate::primitive::*;

/// What a follower did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Its part of a round.
    Round,
    /// Nothing: no round was offered before it gave up.
    Nothing,
    /// Nothing: the rounds are over.
    Over,
}

/// The vCPU that follows. `halt` halts it with interrupts off while a kick is pending.
pub struct Follower<'a, S, H> {
    costs: &'a PrimitiveCosts<S>,
    pace: Pace,
    halt: H,
}

impl<'a, S: Deref<Target = [Line]>, H: Fn(&Atomic<u32>, u32)> Follower<'a, S, H> {
    /// Creates the follower of `costs`; there is one.
    pub fn new(costs: &'a PrimitiveCosts<S>, pace: Pace, halt: H) -> Self {
        Self { costs, pace, halt }
    }

    /// Takes part in the next round if that is offered before `gives_up` returns true.
    pub fn follow(&self, gives_up: impl Fn() -> bool) -> Followed {
        let agreed = &self.costs.agreed;
        spin_until(|| agreed.load() % 2 == 1 || gives_up(), || {});
        let offered = match agreed.load() {
            END => return Followed::Over,
            now if now % 2 == 1 => now,
            _ => return Followed::Nothing,
        };
        self.costs.vcpu.store(Vcpu::current().number(), Relaxed);
        let over = offered.wrapping_add(1);
        // Pairs with the leader's, which may withdraw the offer.
        if agreed.0.cmpxchg(offered, over, Full).is_err() {
            return Followed::Nothing;
        }
        let round = over / 2;
        match Kind::of(round) {
            Kind::Transfer => self.write_chain(round),
            Kind::PingPong => self.play(round),
            Kind::Interrupt => self.be_interrupted(round),
            Kind::Wake => self.be_woken(round),
            Kind::Halt => self.halt_after_kick(round),
        }
        self.costs.done.publish(round);
        Followed::Round
    }

    fn write_chain(&self, round: u32) {
        let mut at = 0;
        for n in 1..=length(round) {
            let then = if n == length(round) { END } else { next(at) };
            if let Some(line) = self.costs.chain.get(at as usize) {
                line.0.xchg(then, Relaxed);
            }
            at = then;
        }
    }

    fn play(&self, round: u32) {
        self.costs.ready.publish(round);
        for n in 0..EXCHANGES {
            self.costs.ball.wait_for(ball(round, n).wrapping_add(1));
            self.costs.ball.publish(ball(round, n).wrapping_add(2));
        }
    }

    /// Reads the clock over and over, and finds the widest gap from the begin of the kick until the leader's
    /// time limit: the interrupt, unless the host takes the vCPU off its CPU just then.
    fn be_interrupted(&self, round: u32) {
        let costs = self.costs;
        costs.until.store(0, Relaxed);
        costs.ready.publish(round);
        let (mut last, mut reading) = (stamp(), u64::MAX);
        while !costs.sent.is(round) {
            let now = stamp();
            reading = reading.min(now.wrapping_sub(last));
            last = now;
        }
        // Without the transfer of what was seen.
        last = stamp();
        let (mut began, mut widest) = (0, 0);
        loop {
            let now = stamp();
            let gap = now.wrapping_sub(last);
            if gap > widest {
                (began, widest) = (last, gap);
            }
            last = now;
            let until = costs.until.load(Relaxed);
            if until != 0 && now > until {
                break;
            }
        }
        costs.began.store(began, Relaxed);
        costs.lasted.store(widest.saturating_sub(reading), Relaxed);
    }

    fn be_woken(&self, round: u32) {
        let costs = self.costs;
        let (before, mut woke) = (costs.halted_on.load(), stamp());
        costs.ready.publish(round);
        while costs.halted_on.load() == before {
            Vcpu::halt_while(&costs.halted_on.0, before);
            woke = stamp();
        }
        costs.began.store(woke, Relaxed);
    }

    fn halt_after_kick(&self, round: u32) {
        let costs = self.costs;
        let value = costs.halted_on.load();
        let lasted = undisturbed(|| {
            costs.ready.publish(round);
            costs.sent.wait_for(round);
            pause_for(self.pace.settle);
            let from = stamp();
            (self.halt)(&costs.halted_on.0, value);
            stamp().wrapping_sub(from)
        });
        costs.lasted.store(lasted, Relaxed);
    }
}

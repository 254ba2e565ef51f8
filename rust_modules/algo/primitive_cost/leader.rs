// SPDX-License-Identifier: GPL-2.0

//! Leader: times primitives alone, and its part of a round.

use core::{
    hint::black_box,
    ops::Deref, //
};

use super::{
    ball,
    length,
    pause_for,
    Kind,
    Line,
    Pace,
    PrimitiveCosts,
    Timed,
    END,
    EXCHANGES, //
};
use crate::primitive::*;

/// Primitives that are timed together.
const BATCH: u32 = 256;
/// Directed yields that are.
const YIELDS: u32 = 16;
/// A kick has come after so many times as it takes to send it.
const WINDOWS: u64 = 4;
/// A halt that lasts for so many times to settle was not kicked.
const RESCUE: u64 = 64;

/// The vCPU that leads.
pub struct Leader<'a, S> {
    costs: &'a PrimitiveCosts<S>,
    pace: Pace,
    /// Words that no other vCPU reaches.
    own: [Line; 1],
    counted: Line,
    /// Least ticks of a loop of nothing, and of a reading of the clock.
    nothing: u64,
    reading: u64,
}

impl<'a, S: Deref<Target = [Line]>> Leader<'a, S> {
    /// Creates the leader of `costs`; there is one.
    pub fn new(costs: &'a PrimitiveCosts<S>, pace: Pace) -> Self {
        Self {
            costs,
            pace,
            own: [Line::new()],
            counted: Line::new(),
            nothing: u64::MAX,
            reading: u64::MAX,
        }
    }

    /// Times what one vCPU does alone. `emit` takes ticks, and how many primitives they are of.
    pub fn time_alone(&mut self, emit: &impl Fn(Timed, u64, u32)) {
        let from = stamp();
        self.reading = self.reading.min(stamp().wrapping_sub(from));
        self.nothing = self.nothing.min(batch(|at| at));
        let emit = |of, ticks: u64| emit(of, ticks.saturating_sub(self.nothing), BATCH);
        // Each load has its address from the one before.
        let hit = batch(|at| self.own.get(at as usize).map_or(at, Line::load));
        emit(Timed::Hit, hit);
        let rmw = |at| {
            self.counted.0.add(1, Relaxed);
            at
        };
        emit(Timed::Rmw, batch(rmw));
        let fence = |at| {
            smp_mb();
            at
        };
        emit(Timed::Fence, batch(fence));
        let pause = |at| {
            cpu_relax();
            at
        };
        emit(Timed::Pause, batch(pause));
        let reading = |at| {
            black_box(stamp());
            at
        };
        emit(Timed::Stamp, batch(reading));
    }

    /// Leads the next round; returns whether the follower took part before `gives_up` returned true.
    pub fn lead(&self, gives_up: impl Fn() -> bool, emit: &impl Fn(Timed, u64, u32)) -> bool {
        let Some(round) = self.offer(gives_up) else {
            return false;
        };
        let Some(follower) = Vcpu::numbered(self.costs.vcpu.load(Relaxed)) else {
            return false;
        };
        match Kind::of(round) {
            Kind::Transfer => self.follow_chain(round, emit),
            Kind::PingPong => self.play(round, emit),
            Kind::Interrupt => self.interrupt(round, follower, emit),
            Kind::Wake => self.wake(round, follower, emit),
            Kind::Halt => self.kick_before_halt(round, follower, emit),
        }
        true
    }

    /// Ends the rounds.
    pub fn end(&self) {
        self.costs.agreed.publish(END);
    }

    /// Offers the next round, and returns its number once the follower has accepted it.
    fn offer(&self, gives_up: impl Fn() -> bool) -> Option<u32> {
        let agreed = &self.costs.agreed;
        let before = agreed.load();
        let offered = before.wrapping_add(1);
        agreed.0.cmpxchg(before, offered, Full).ok()?;
        spin_until(|| agreed.load() != offered || gives_up(), || {});
        // Pairs with the follower's exchange: its vCPU is known.
        match agreed.0.cmpxchg(offered, before, Full) {
            Ok(_) => None,
            Err(now) => Some(now / 2),
        }
    }

    fn without_reading(&self, ticks: u64) -> u64 {
        ticks.saturating_sub(self.reading)
    }

    fn follow_chain(&self, round: u32, emit: &impl Fn(Timed, u64, u32)) {
        let costs = self.costs;
        costs.done.wait_for(round);
        let (from, mut at) = (stamp(), 0);
        while let Some(line) = costs.chain.get(at as usize) {
            at = line.load();
        }
        let ticks = stamp().wrapping_sub(from);
        emit(Timed::Transfer, self.without_reading(ticks), length(round));
    }

    fn play(&self, round: u32, emit: &impl Fn(Timed, u64, u32)) {
        let costs = self.costs;
        costs.ready.wait_for(round);
        let from = stamp();
        for n in 0..EXCHANGES {
            costs.ball.publish(ball(round, n).wrapping_add(1));
            costs.ball.wait_for(ball(round, n).wrapping_add(2));
        }
        let ticks = stamp().wrapping_sub(from);
        costs.done.wait_for(round);
        emit(Timed::PingPong, self.without_reading(ticks), 2 * EXCHANGES);
    }

    fn interrupt(&self, round: u32, follower: Vcpu, emit: &impl Fn(Timed, u64, u32)) {
        let costs = self.costs;
        costs.ready.wait_for(round);
        let from = stamp();
        for _ in 0..YIELDS {
            follower.yield_to();
        }
        let yields = stamp().wrapping_sub(from);
        emit(Timed::Yield, self.without_reading(yields), YIELDS);
        // The follower sees this long before a kick has come.
        costs.sent.publish(round);
        let from = stamp();
        follower.kick();
        let sent = stamp();
        // What it takes to send a kick is most of what it takes to come.
        let window = sent.wrapping_sub(from).saturating_mul(WINDOWS);
        let until = sent.saturating_add(window.max(self.pace.window));
        costs.until.store(until, Relaxed);
        costs.done.wait_for(round);
        let (began, lasted) = (costs.began.load(Relaxed), costs.lasted.load(Relaxed));
        // One that began before is another's.
        if lasted > 0 && began.saturating_add(self.reading) >= from {
            let latency = began.saturating_add(self.reading).saturating_sub(sent);
            emit(Timed::KickLatency, latency, 1);
            emit(Timed::Interrupt, lasted, 1);
        }
    }

    fn wake(&self, round: u32, follower: Vcpu, emit: &impl Fn(Timed, u64, u32)) {
        let costs = self.costs;
        costs.ready.wait_for(round);
        pause_for(self.pace.settle);
        // Full: the kick comes after it.
        costs.halted_on.0.xchg(round, Full);
        let from = stamp();
        follower.kick();
        let sent = stamp();
        if self.wait_or_rescue(round, follower) {
            emit(
                Timed::Kick,
                self.without_reading(sent.wrapping_sub(from)),
                1,
            );
            let woke = costs.began.load(Relaxed).saturating_sub(from);
            emit(Timed::Wake, self.without_reading(woke), 1);
        }
    }

    fn kick_before_halt(&self, round: u32, follower: Vcpu, emit: &impl Fn(Timed, u64, u32)) {
        let costs = self.costs;
        costs.ready.wait_for(round);
        follower.kick();
        costs.sent.publish(round);
        if self.wait_or_rescue(round, follower) {
            let halt = costs.lasted.load(Relaxed);
            emit(Timed::Halt, self.without_reading(halt), 1);
        }
    }

    /// Waits until the follower has ended its part; returns false if that took another kick.
    fn wait_or_rescue(&self, round: u32, follower: Vcpu) -> bool {
        let (done, mut from, mut rescues) = (&self.costs.done, stamp(), 0u32);
        let most = self.pace.settle.saturating_mul(RESCUE);
        loop {
            spin_until(
                || done.is(round) || stamp().wrapping_sub(from) > most,
                || {},
            );
            if done.is(round) {
                return rescues == 0;
            }
            rescues = rescues.wrapping_add(1);
            follower.kick();
            from = stamp();
        }
    }
}

/// Times a batch of `primitive`, which is given what the one before returned, 0 at first.
#[inline(always)]
fn batch(primitive: impl Fn(u32) -> u32) -> u64 {
    let (from, mut at) = (stamp(), 0);
    for _ in 0..BATCH {
        at = black_box(primitive(at));
    }
    stamp().wrapping_sub(from)
}

// SPDX-License-Identifier: GPL-2.0

//! One chunk, done in calls of about a millisecond.

use core::{
    mem,
    ops::Range, //
};

use algo::primitive::Relaxed;
use rig::{
    cond_resched,
    cpu_time_ns,
    now_ns, //
};

use super::Shift;
use crate::{
    hand::Hand,
    log::Log,
    slot::Slot,
    Stop, //
};
use kernel::prelude::*;

/// Others get a chance to run, and progress is told, this often.
const BREATH_NS: u64 = 1_000_000;

/// Taking a chunk takes longer than this only if the vCPU, or whoever is in the way, does not run.
const STALL_NS: u64 = 50_000;

/// A worker, its clock, and its books. They are handed in when it leaves.
pub(super) struct DelayLoop<'a> {
    n: u32,
    slot: &'a Slot,
    hand: Hand,
    log: Log,
    /// The last look at the clock.
    pub(super) now_ns: u64,
    breath_ns: u64,
    told: u64,
    charged_ns: u64,
    chunks: u64,
    items: u64,
    busy_ns: u64,
    handout_ns: u64,
    take_ns: u64,
    look_ns: u64,
    stalls: u64,
    stalled_ns: u64,
    asleep_ns: u64,
    pub(super) steals: u64,
    ticket: &'a crate::Ticket,
}

impl<'a> DelayLoop<'a> {
    pub(super) fn new(shift: &Shift<'a>, n: u32, slot: &'a Slot, now_ns: u64) -> Self {
        Self {
            n,
            slot,
            hand: Hand::new(shift.job.min_chunk, slot.seat().vcpu),
            log: Log::default(),
            now_ns,
            breath_ns: now_ns,
            told: 0,
            charged_ns: cpu_time_ns(),
            chunks: 0,
            items: 0,
            busy_ns: 0,
            handout_ns: 0,
            take_ns: 0,
            look_ns: 0,
            stalls: 0,
            stalled_ns: 0,
            asleep_ns: 0,
            steals: 0,
            ticket: shift.ticket,
        }
    }

    /// Looks at the clock before a hand-out; twice, to know what that costs.
    pub(super) fn ask_time(&mut self) -> u64 {
        let from = now_ns();
        let asked_ns = now_ns();
        let took = asked_ns.saturating_sub(from);
        // One that was interrupted says nothing.
        if took <= STALL_NS {
            self.look_ns = self.look_ns.wrapping_add(took);
        }
        asked_ns
    }

    /// Looks at the clock after a hand-out, which was asked for at `asked_ns`, and came with so many
    /// chunks besides the first. In a burst of them, a stall is what they cost each other.
    pub(super) fn take_time(&mut self, asked_ns: u64, more: usize) {
        let now = now_ns();
        let took = now.saturating_sub(asked_ns);
        let between = now.saturating_sub(self.now_ns);
        self.handout_ns = self.handout_ns.wrapping_add(between);
        self.take_ns = self.take_ns.wrapping_add(took);
        if took > STALL_NS && more == 0 {
            self.stalls = self.stalls.wrapping_add(1);
            self.stalled_ns = self.stalled_ns.wrapping_add(took);
        }
        self.now_ns = now;
    }

    /// Returns what the hand-out is to know: indices in about a millisecond, and whether the vCPU
    /// lost time lately.
    pub(super) fn tell(&self) -> (u64, bool) {
        (self.hand.stride, self.hand.disturbed(self.now_ns))
    }

    /// Tells how far it is, and lets others run, now and then.
    fn cond_resched(&mut self) {
        if self.now_ns.saturating_sub(self.breath_ns) >= BREATH_NS {
            self.breath_ns = self.now_ns;
            self.ticket.add(self.items.wrapping_sub(self.told));
            self.told = self.items;
            cond_resched();
        }
    }

    /// Hands in the books.
    pub(super) fn leave(&mut self) -> Log {
        let slot = self.slot;
        slot.beat_ns.store(0, Relaxed);
        self.ticket.add(self.items.wrapping_sub(self.told));
        slot.chunks.store(self.chunks, Relaxed);
        slot.items.store(self.items, Relaxed);
        slot.busy_ns.store(self.busy_ns, Relaxed);
        slot.handout_ns.store(self.handout_ns, Relaxed);
        slot.take_ns.store(self.take_ns, Relaxed);
        slot.look_ns.store(self.look_ns, Relaxed);
        slot.stalls.store(self.stalls, Relaxed);
        slot.stalled_ns.store(self.stalled_ns, Relaxed);
        slot.asleep_ns.store(self.asleep_ns, Relaxed);
        slot.steals.store(self.steals, Relaxed);
        let lost_ns = self.hand.lost_ns().min(self.busy_ns);
        slot.lost_ns.store(lost_ns, Relaxed);
        mem::take(&mut self.log)
    }
}

impl Shift<'_> {
    /// Does a chunk that was just taken.
    pub(super) fn chunk(&self, chunk: Range<u64>, delay_loop: &mut DelayLoop<'_>) {
        let taken_ns = delay_loop.now_ns;
        if self.job.undo && delay_loop.log.reserve().is_err() {
            return self.fail(ENOMEM, chunk.start, chunk, delay_loop.n);
        }
        delay_loop.chunks = delay_loop.chunks.wrapping_add(1);
        if delay_loop.chunks == 1 {
            delay_loop.slot.first_ns.store(taken_ns, Relaxed);
        }
        let stop = || self.stopped(now_ns());
        let mut at = chunk.start;
        while at < chunk.end && !self.stopped(delay_loop.now_ns) {
            let to = self.end_of_call(at, delay_loop.hand.stride).min(chunk.end);
            let from_ns = delay_loop.now_ns;
            delay_loop.slot.beat_ns.store(from_ns, Relaxed);
            let result = self.work.part(at..to, &Stop(&stop));
            let before = at;
            delay_loop.now_ns = now_ns();
            let took = delay_loop.now_ns.saturating_sub(from_ns);
            delay_loop.busy_ns = delay_loop.busy_ns.wrapping_add(took);
            if let Err(fail) = result {
                at = fail.at.unwrap_or(at).max(at).min(to);
                delay_loop.items = delay_loop.items.wrapping_add(at.wrapping_sub(before));
                if let Some(errno) = fail.errno {
                    self.fail(errno, at, chunk.clone(), delay_loop.n);
                }
                break;
            }
            at = to;
            delay_loop.items = delay_loop.items.wrapping_add(at.wrapping_sub(before));
            delay_loop
                .hand
                .learn(at.wrapping_sub(before), from_ns, delay_loop.now_ns);
            self.rest(delay_loop);
        }
        delay_loop.slot.beat_ns.store(0, Relaxed);
        delay_loop.slot.last_ns.store(delay_loop.now_ns, Relaxed);
        delay_loop
            .slot
            .mark(chunk.start, at, taken_ns, delay_loop.now_ns);
        if self.job.undo {
            delay_loop.log.note(chunk.start..at);
        }
    }

    /// Between two calls: sleeps if the job has taken too much, and lets others run.
    fn rest(&self, delay_loop: &mut DelayLoop<'_>) {
        delay_loop.cond_resched();
        let slept = self
            .cap
            .charge(&mut delay_loop.charged_ns, |now| self.stopped(now));
        if slept > 0 {
            delay_loop.asleep_ns = delay_loop.asleep_ns.wrapping_add(slept);
            delay_loop.now_ns = now_ns();
        }
    }

    /// Returns where a call that begins at `at` ends: at a multiple of `align`.
    fn end_of_call(&self, at: u64, stride: u64) -> u64 {
        let end = at.saturating_add(stride);
        match end.checked_rem(self.align).unwrap_or(0) {
            0 => end,
            over => end.saturating_add(self.align.wrapping_sub(over)),
        }
    }
}

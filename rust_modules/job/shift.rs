// SPDX-License-Identifier: GPL-2.0

//! The time in which the workers of a job are at work.

mod chunk;

use core::ops::Range;

use abi::job_runner::JobEnd;
use algo::{
    chunk::WorkerState,
    primitive::{
        Acquire,
        Atomic,
        Relaxed,
        Vcpu, //
    }, //
};
use kernel::{
    prelude::*,
    sync::Mutex, //
};
use rig::{
    cpu_time_now_ns,
    cpu_time_ns,
    is_preempted,
    now_ns, //
};

use self::chunk::DelayLoop;
use crate::{
    cap::Cap,
    done::Fault,
    floor::Floor,
    log::Log,
    slot::{
        Slot,
        Slots, //
    },
    Job,
    Ticket,
    Work, //
};

/// Who has not been heard of for so long while at work is thought to have lost its CPU.
const PATIENCE_NS: u64 = 4_000_000;

/// What the workers share.
pub(crate) struct Shift<'a> {
    job: &'a Job<'a>,
    work: &'a dyn Work,
    ticket: &'a Ticket,
    slots: &'a Slots,
    floors: &'a [Floor],
    logs: &'a Mutex<KVVec<Log>>,
    cap: Cap,
    /// Calls of the job's function end at multiples of this.
    align: u64,
    /// 1 from the first error on; whoever set it wrote the rest.
    failed: Atomic<u32>,
    errno: Atomic<i32>,
    index: Atomic<u64>,
    chunk_start: Atomic<u64>,
    chunk_end: Atomic<u64>,
    worker: Atomic<u32>,
    /// 1: cancelled, 2: its time was up; the first one counts.
    ended: Atomic<u32>,
}

impl<'a> Shift<'a> {
    pub(crate) fn new(
        job: &'a Job<'a>,
        work: &'a dyn Work,
        ticket: &'a Ticket,
        slots: &'a Slots,
        floors: &'a [Floor],
        logs: &'a Mutex<KVVec<Log>>,
        called_ns: u64,
    ) -> Self {
        Self {
            job,
            work,
            ticket,
            slots,
            floors,
            logs,
            cap: Cap::new(job.cap, called_ns),
            align: job.align.max(1),
            failed: Atomic::new(0),
            errno: Atomic::new(0),
            index: Atomic::new(0),
            chunk_start: Atomic::new(0),
            chunk_end: Atomic::new(0),
            worker: Atomic::new(0),
            ended: Atomic::new(0),
        }
    }

    /// What worker `n` does from its begin until nothing is left; `absent`: the caller stands in.
    pub(crate) fn worker(&self, n: u32, absent: bool) {
        let Some(slot) = self.slots.get(n) else {
            return;
        };
        let begun = now_ns();
        slot.begun_ns.store(begun, Relaxed);
        slot.absent.store(absent.into(), Relaxed);
        self.ticket.come();
        let mut delay_loop = DelayLoop::new(self, n, slot, begun);
        let cpu_ns = cpu_time_ns();
        if self.make_room() {
            match self.floors.is_empty() {
                true => self.alone(&mut delay_loop),
                false => self.everywhere(n, &mut delay_loop),
            }
        }
        // Where it does not matter how long that takes, and where it is held against the cap.
        let cpu_now_ns = match self.job.cap {
            0 => cpu_time_ns(),
            _ => cpu_time_now_ns(),
        };
        slot.cpu_ns
            .store(cpu_now_ns.saturating_sub(cpu_ns), Relaxed);
        if self.job.undo {
            // There is room, since `make_room`.
            let _ = self.logs.lock().push(delay_loop.leave(), GFP_KERNEL);
        } else {
            delay_loop.leave();
        }
        slot.ended_ns.store(now_ns(), Relaxed);
        if Vcpu::current().number() != slot.seat().vcpu && !absent {
            slot.moved.store(1, Relaxed);
        }
        self.ticket.leave();
    }

    /// Makes room for all logs, before anything is done that may have to be undone.
    fn make_room(&self) -> bool {
        if !self.job.undo {
            return true;
        }
        let mut logs = self.logs.lock();
        match logs.reserve(self.slots.len() as usize, GFP_KERNEL) {
            Ok(()) => true,
            Err(_) => {
                drop(logs);
                self.fail(ENOMEM, self.job.start, self.job.start..self.job.start, 0);
                false
            }
        }
    }

    /// Takes the whole range as one chunk.
    fn alone(&self, delay_loop: &mut DelayLoop<'_>) {
        let end = self.job.start.saturating_add(self.job.size);
        if self.job.start < end {
            let asked_ns = delay_loop.ask_time();
            delay_loop.take_time(asked_ns, 0);
            self.chunk(self.job.start..end, delay_loop);
        }
    }

    /// Takes chunks of the own node, and then of the others.
    fn everywhere(&self, n: u32, delay_loop: &mut DelayLoop<'_>) {
        for own in [true, false] {
            for floor in self.floors {
                let (number, belongs) = floor.number_of(n);
                if belongs == own && (own || self.job.spill) {
                    self.on(floor, number, delay_loop);
                }
            }
        }
    }

    fn on(&self, floor: &Floor, number: u32, delay_loop: &mut DelayLoop<'_>) {
        let is_preempted = |other| self.is_preempted(floor.worker_of(other));
        let mut state = WorkerState::with_hint(number, &is_preempted);
        let more = self.job.burst.saturating_sub(1) as usize;
        let mut rest = KVVec::with_capacity(more, GFP_KERNEL).unwrap_or_default();
        while !self.stopped(delay_loop.now_ns) {
            (state.stride, state.lost_time) = delay_loop.tell();
            let asked_ns = delay_loop.ask_time();
            let chunk = floor.chunks.take(&mut state, &floor.deques);
            self.burst(floor, &mut state, &mut rest);
            delay_loop.take_time(asked_ns, rest.len());
            let Some(chunk) = chunk else { break };
            self.chunk(chunk, delay_loop);
            rest.iter()
                .for_each(|chunk| self.chunk(chunk.clone(), delay_loop));
            rest.clear();
        }
        delay_loop.steals = delay_loop.steals.wrapping_add(state.steals());
    }

    /// Takes the other chunks of a burst, as many as there is room for.
    fn burst(&self, floor: &Floor, state: &mut WorkerState<'_>, chunks: &mut KVVec<Range<u64>>) {
        for _ in 1..self.job.burst {
            let room = chunks.len() < chunks.capacity();
            let Some(chunk) = room
                .then(|| floor.chunks.take(state, &floor.deques))
                .flatten()
            else {
                break;
            };
            let _ = chunks.push_within_capacity(chunk);
        }
    }

    /// Whether worker `n` has not come yet, or its vCPU seems to have lost its CPU.
    fn is_preempted(&self, n: u32) -> bool {
        let Some(slot) = self.slots.get(n) else {
            return false;
        };
        if slot.begun_ns.load(Relaxed) == 0 {
            return true;
        }
        match slot.beat_ns.load(Relaxed) {
            0 => false,
            beat => now_ns().saturating_sub(beat) > PATIENCE_NS || is_preempted(slot.seat().vcpu),
        }
    }

    /// Whether the job is to end, at a time.
    pub(crate) fn stopped(&self, now_ns: u64) -> bool {
        if self.failed.load(Relaxed) != 0 || self.ended.load(Relaxed) != 0 {
            return true;
        }
        let late = self.job.deadline_ns > 0 && now_ns >= self.job.deadline_ns;
        let why = match (late, (self.job.cancelled)()) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => return false,
        };
        let _ = self.ended.cmpxchg(0, why, Relaxed);
        true
    }

    /// Notes an error, if it is the first.
    fn fail(&self, errno: Error, index: u64, chunk: Range<u64>, worker: u32) {
        // Nobody reads the rest before all have left.
        if self.failed.cmpxchg(0, 1, Acquire).is_ok() {
            self.errno.store(errno.to_errno(), Relaxed);
            self.index.store(index, Relaxed);
            self.chunk_start.store(chunk.start, Relaxed);
            self.chunk_end.store(chunk.end, Relaxed);
            self.worker.store(worker, Relaxed);
        }
    }

    /// Returns how the job ended; all have left.
    pub(crate) fn ended(&self) -> (JobEnd, Option<Fault>) {
        if self.failed.load(Relaxed) != 0 {
            let fault = Fault {
                errno: Error::from_errno(self.errno.load(Relaxed)),
                index: self.index.load(Relaxed),
                chunk_start: self.chunk_start.load(Relaxed),
                chunk_end: self.chunk_end.load(Relaxed),
                worker: self.worker.load(Relaxed),
            };
            return (JobEnd::Failed, Some(fault));
        }
        let items = self.slots.iter().map(Slot::done);
        let whole = items.fold(0u64, u64::saturating_add) >= self.job.size;
        match self.ended.load(Relaxed) {
            // It came too late to cut anything.
            _ if whole => (JobEnd::Done, None),
            1 => (JobEnd::Cancelled, None),
            2 => (JobEnd::Deadline, None),
            _ => (JobEnd::Done, None),
        }
    }
}

impl Slot {
    fn done(&self) -> u64 {
        self.items.load(Relaxed)
    }
}

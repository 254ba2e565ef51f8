// SPDX-License-Identifier: GPL-2.0

//! Known histories of a lock, as the samplers of its threads record them.

extern crate std;

use core::cell::Cell;
use std::{
    string::String,
    vec::Vec, //
};

use abi::lock_load::{
    Cause,
    Config,
    LongWait,
    ServiceOrder, //
};
use algo::{
    histogram::BUCKETS,
    preemption_log::Loss,
    primitive::Atomic,
    FinishedWait,
    Gap,
    GAPS, //
};

use crate::{
    time_loss::TimeLoss,
    *, //
};

/// The host: a steal clock that shows this much at each read, or none.
pub(super) struct Host;

pub(super) struct Steal(pub(super) Cell<Option<u64>>);

impl World for Host {
    type List<T> = Vec<T>;
    type Steal = Steal;
}

impl StealClock for Steal {
    fn passed_ns(&self, _: u32) -> Option<u64> {
        self.0.get()
    }
}

pub(super) const THREADS: u32 = 3;

/// A run of three threads. A wait of 1 ms is long, and 250 us without a reading are a gap.
pub(super) fn run(order: ServiceOrder) -> Instrumentation<Host> {
    // A stamp is a nanosecond here.
    run_of(order, TscScale::of_khz(1_000_000).unwrap())
}

/// The same on a machine with another clock.
pub(super) fn run_of(order: ServiceOrder, tsc: TscScale) -> Instrumentation<Host> {
    let list = |n| (0..n).map(|_| Atomic::new(0)).collect();
    let log = |_| {
        let waits = (0..LOGGED_WAITS).map(|_| WaitWords::default()).collect();
        Padded(ThreadLog::new(
            [list(BUCKETS), list(BUCKETS), list(BUCKETS)],
            waits,
        ))
    };
    let losses = (0..THREADS as usize * LOSSES_PER_THREAD).map(|_| Loss::new());
    let thresholds = Thresholds::new(&Config::default(), tsc);
    let logs = (0..THREADS).map(log).collect();
    let run = Instrumentation::new(thresholds, order, true, losses.collect(), logs);
    run.begin();
    run
}

/// What happened in a run, in its order; times are microseconds since it began.
pub(super) enum Event<'a> {
    /// A thread ended a section.
    Release(u64),
    /// The vCPU of a thread did not run in the section that it entered first, until it ended that.
    HolderOff(u32, u64, u64, u64),
    /// A thread waited, and its own vCPU did not run in these gaps.
    Wait(u32, u64, u64, &'a [(u64, u64)]),
    /// A thread waited and halted its vCPU.
    Halt(u32, u64, u64),
}
use Event::{Halt, HolderOff, Release, Wait};

/// The long waits of a history: thread, cause, and the four parts in microseconds.
pub(super) type Found = (u32, Cause, [u64; 4]);

pub(super) fn history_with(fifo: bool, steal: Option<u64>, events: &[Event<'_>]) -> Vec<Found> {
    let run = run(match fifo {
        true => ServiceOrder::Fifo,
        false => ServiceOrder::Any,
    });
    let at = |us: u64| run.began() + us * 1000;
    let losses = |thread: u32| {
        let steal = Steal(Cell::new(steal));
        TimeLoss::new(&run, run.log(thread).unwrap(), thread, steal)
    };
    for event in events {
        match *event {
            Release(us) => run.preemption_log.end_section(0, at(us)),
            HolderOff(thread, entered, from, until) => {
                let gap = Gap {
                    from: at(from),
                    until: at(until),
                };
                losses(thread).add_gap_in_section(at(entered), &gap);
                run.preemption_log.end_section(0, at(until));
            }
            Halt(thread, since, until) => {
                let wait = FinishedWait {
                    since: at(since),
                    lost: 0,
                    is_observed: false,
                };
                losses(thread).record_wait(&wait, || [Gap::default(); GAPS], at(until));
            }
            Wait(thread, since, until, off) => {
                let mut gaps = [Gap::default(); GAPS];
                for (gap, &(from, until)) in gaps.iter_mut().zip(off) {
                    (gap.from, gap.until) = (at(from), at(until));
                }
                let wait = FinishedWait {
                    since: at(since),
                    lost: gaps.iter().map(Gap::length).sum(),
                    is_observed: true,
                };
                losses(thread).record_wait(&wait, || gaps, at(until));
            }
        }
    }
    let lines = report(&run);
    let waits = lines
        .lines()
        .filter_map(|line| line.parse::<LongWait>().ok());
    let found = waits.map(|wait| {
        let parts = [
            wait.holder_ns,
            wait.predecessor_ns,
            wait.own_ns,
            wait.queue_ns,
        ];
        assert_eq!(
            parts.iter().sum::<u64>(),
            wait.end_ns - wait.begin_ns,
            "{wait}"
        );
        (wait.thread, wait.cause, parts.map(|ns| ns / 1000))
    });
    found.collect()
}

pub(super) fn history(fifo: bool, events: &[Event<'_>]) -> Vec<Found> {
    history_with(fifo, None, events)
}

pub(super) fn report(run: &Instrumentation<Host>) -> String {
    let presence = Presence {
        vcpu_of: &|thread| thread + 10,
        present_ns: 9_000_000,
        tsc_is_stable: true,
    };
    let mut text = String::new();
    write(run, &presence, &mut text).unwrap();
    text
}

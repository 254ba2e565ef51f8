// SPDX-License-Identifier: GPL-2.0

//! Waits of known histories, as a sampler records and reports them on the host.

extern crate std;

use core::cell::Cell;
use std::{
    format,
    string::String,
    vec::Vec, //
};

use abi::{
    histogram,
    lock_load::{
        self,
        Cause,
        Config, //
    },
};
use algo::{
    histogram::BUCKETS,
    lock::{
        Lock,
        Ticket, //
    },
    preemption_log::Loss,
    primitive::Atomic,
    FinishedWait,
    Gap,
    Waiter,
    GAPS, //
};

use super::{
    time_loss::TimeLoss,
    *, //
};

/// The host: a steal clock that shows this much at each read, or none.
struct Host;

struct Steal(Cell<Option<u64>>);

impl World for Host {
    type List<T> = Vec<T>;
    type Steal = Steal;
}

impl StealClock for Steal {
    fn passed_ns(&self, _: u32) -> Option<u64> {
        self.0.get()
    }
}

const THREADS: u32 = 3;

/// A run of three threads. A wait of 1 ms is long, and 250 us without a reading are a gap.
fn run(fifo: bool) -> Instrumentation<Host> {
    let list = |n| (0..n).map(|_| Atomic::new(0)).collect();
    let log = |_| {
        let waits = (0..LOGGED_WAITS).map(|_| WaitWords::default()).collect();
        Padded(ThreadLog::new(
            [list(BUCKETS), list(BUCKETS), list(BUCKETS)],
            waits,
        ))
    };
    let losses = (0..THREADS as usize * LOSSES_PER_THREAD).map(|_| Loss::new());
    // A stamp is a nanosecond here.
    let tsc = TscScale::of_khz(1_000_000).unwrap();
    let thresholds = Thresholds::new(&Config::default(), tsc);
    let logs = (0..THREADS).map(log).collect();
    let run = Instrumentation::new(thresholds, fifo, true, losses.collect(), logs);
    run.begin();
    run
}

/// What happened in a run, in its order; times are microseconds since it began.
enum Event<'a> {
    /// A thread ended a section.
    Release(u64),
    /// The vCPU of a thread did not run in the section that it entered first, until it ended that.
    HolderOff(u32, u64, u64, u64),
    /// A thread waited, and its own vCPU did not run in these gaps.
    Wait(u32, u64, u64, &'a [(u64, u64)]),
}
use Event::{HolderOff, Release, Wait};

/// The long waits of a history: thread, cause, and the four parts in microseconds.
type Found = (u32, Cause, [u64; 4]);

fn history_with(fifo: bool, steal: Option<u64>, events: &[Event<'_>]) -> Vec<Found> {
    let run = run(fifo);
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
            Wait(thread, since, until, off) => {
                let mut gaps = [Gap::default(); GAPS];
                for (gap, &(from, until)) in gaps.iter_mut().zip(off) {
                    (gap.from, gap.until) = (at(from), at(until));
                }
                let wait = FinishedWait {
                    since: at(since),
                    lost: gaps.iter().map(Gap::length).sum(),
                };
                losses(thread).record_wait(&wait, || gaps, at(until));
            }
        }
    }
    let lines = report(&run);
    let waits = lines
        .lines()
        .filter_map(|line| line.parse::<lock_load::LongWait>().ok());
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

fn history(fifo: bool, events: &[Event<'_>]) -> Vec<Found> {
    history_with(fifo, None, events)
}

fn report(run: &Instrumentation<Host>) -> String {
    let presence = Presence {
        vcpu_of: &|thread| thread + 10,
        present_ns: 9_000_000,
        tsc_is_stable: true,
    };
    let mut text = String::new();
    write(run, &presence, &mut text).unwrap();
    text
}

/// ```text
///   lock       ───── held ─────┤ free
///   waiter       ├─────────────────────┤
///   its vCPU     ────────┤ off     ├────
/// ```
#[test]
fn ordered_waiter_that_is_off_at_its_turn_loses_the_hand_off() {
    let events = [Release(500), Wait(1, 0, 5000, &[(300, 5000)])];
    assert_eq!(
        history(true, &events),
        [(1, Cause::WaiterStolen, [0, 0, 4500, 500])]
    );
    let behind = [
        Release(500),
        Wait(1, 0, 5000, &[]),
        Release(5100),
        Wait(2, 200, 5101, &[]),
    ];
    let found = history(true, &behind);
    assert_eq!(
        found[1],
        (2, Cause::PredecessorPreempted, [0, 4500, 0, 401])
    );
}

/// Others are ahead, so a waiter that ran would have waited as long.
///
/// ```text
///   lock       ── held ──┤── held ──┤── held ──┤ free
///   waiter       ├────────────────────────────────┤
///   its vCPU     ──┤ off                  ├────────
/// ```
#[test]
fn ordered_waiter_loses_nothing_before_its_turn() {
    let events = [Release(1900), Wait(1, 0, 2000, &[(100, 1700)])];
    assert_eq!(
        history(true, &events),
        [(1, Cause::Queueing, [0, 0, 0, 2000])]
    );
}

/// The holder has read its clock when the waiter arrives, and frees the lock right after that.
///
/// ```text
///   lock       ─────┤ free
///   waiter        ├────────────────┤
///   its vCPU      ────┤ off  ├──────
/// ```
#[test]
fn ordered_waiter_that_arrives_at_the_release_loses_its_gaps() {
    let events = [
        Release(100),
        Wait(1, 101, 4000, &[(200, 3900)]),
        Release(4001),
        Wait(2, 150, 4002, &[]),
    ];
    let found = history(true, &events);
    assert_eq!(found[0], (1, Cause::WaiterStolen, [0, 0, 3700, 199]));
    assert_eq!(
        found[1],
        (2, Cause::PredecessorPreempted, [0, 3700, 0, 152])
    );
}

/// As on a busy host, where the gaps of two vCPUs begin and end at about the same time.
///
/// ```text
///   holder     ──┤ off            ├──
///   waiter      ├────────────────────┤
///   its vCPU    ┤ off               ├─
/// ```
#[test]
fn unordered_waiter_that_is_off_with_the_holder_waits_for_the_holder() {
    let events = [
        HolderOff(0, 20, 100, 5000),
        Wait(1, 50, 5050, &[(60, 5040)]),
    ];
    assert_eq!(
        history(false, &events),
        [(1, Cause::HolderPreempted, [4900, 0, 80, 20])]
    );
}

/// The lock goes round among the others meanwhile, so the last release says nothing.
#[test]
fn unordered_waiter_that_is_off_alone_loses_its_gaps() {
    let events = [
        Release(100),
        Release(2999),
        Wait(1, 0, 3000, &[(200, 900), (1000, 2990)]),
    ];
    assert_eq!(
        history(false, &events),
        [(1, Cause::WaiterStolen, [0, 0, 2690, 310])]
    );
}

/// While the waiter is off, the lock is free, and is then taken by a thread whose vCPU is stopped, too.
///
/// ```text
///   sections   ─┤├──┤├── held ───────┤├──
///   holder              ┤ off       ├
///   waiter       ├────────────────────┤
///   its vCPU     ──┤ off             ├─
/// ```
#[test]
fn unordered_waiter_that_is_off_while_the_lock_is_free_waits_for_itself() {
    let events = [
        Release(500),
        HolderOff(0, 501, 510, 5000),
        Wait(1, 50, 5050, &[(60, 5040)]),
    ];
    assert_eq!(
        history(false, &events),
        [(1, Cause::WaiterStolen, [0, 0, 4980, 20])]
    );
}

#[test]
fn interrupts_are_no_lost_time_where_a_steal_clock_shows_none() {
    let events = [
        Release(100),
        Release(2999),
        Wait(1, 0, 3000, &[(200, 2990)]),
    ];
    let found = |steal| history_with(false, Some(steal), &events)[0];
    assert_eq!(found(0), (1, Cause::Queueing, [0, 0, 0, 3000]));
    assert_eq!(
        found(2_000_000),
        (1, Cause::WaiterStolen, [0, 0, 2000, 1000])
    );
    let ordered = [Release(1), Wait(1, 2, 3000, &[(200, 2990)])];
    let found = history_with(true, Some(0), &ordered);
    assert_eq!(found, [(1, Cause::Queueing, [0, 0, 0, 2998])]);
}

#[test]
fn waits_beyond_the_log_are_in_the_sums() {
    let run = run(true);
    let log = run.log(1).unwrap();
    let losses = TimeLoss::new(&run, log, 1, Steal(Cell::new(None)));
    let began = run.began();
    for n in 0..LOGGED_WAITS as u64 + 5 {
        let since = began + n * 2_000_000;
        run.preemption_log.end_section(0, since + 1_900_000);
        let wait = FinishedWait { since, lost: 0 };
        losses.record_wait(&wait, || [Gap::default(); GAPS], since + 1_990_000);
    }
    assert_eq!(log.logged.waits().count(), LOGGED_WAITS);
    let text = report(&run);
    let count = LOGGED_WAITS + 5;
    let sum = format!(
        "long_waits cause=queueing count={count} ns={}\n",
        count * 1_990_000
    );
    assert!(text.contains(&sum), "{text}");
    let first = "long_wait thread=1 vcpu=";
    assert!(text.contains(first), "{text}");
    assert!(text.contains(" begin_ns=2000000 end_ns=3990000 cause=queueing holder_ns=0 "));
    let histograms = text.lines().filter(|line| histogram::read(line).is_ok());
    assert_eq!(histograms.count(), 3 * THREADS as usize);
    assert!(text.contains(&format!(
        "thread_waits index=1 vcpu=11 waits={count} overtaken=0 "
    )));
}

/// Two threads of the host under a ticket lock; the holder sleeps in its section.
#[test]
fn sampler_attributes_a_wait_to_the_holder_that_slept() {
    let (run, lock) = (run(true), Ticket::new());
    let sampled = |index: u32, sections: u64, body: &dyn Fn()| {
        let me = Waiter::default();
        let sampler = Sampler::new(&run, index, &me, Steal(Cell::new(None))).unwrap();
        sampler.batch(&me, || {
            lock.with(&me, || {
                let entered = sampler.begin_timed(&me, 0);
                body();
                sampler.end_timed(entered);
            });
            sections
        });
        sampler.close(&me);
    };
    std::thread::scope(|scope| {
        sampled(0, 1, &|| {
            scope.spawn(|| sampled(1, 1, &|| {}));
            while run.flag.waiters() == 0 {
                std::thread::yield_now();
            }
            std::thread::sleep(core::time::Duration::from_millis(50));
        });
    });
    let log = run.log(1).unwrap();
    let waits: Vec<_> = log.logged.waits().collect();
    assert_eq!((waits.len(), log.waits.get()), (1, 1));
    assert_eq!(
        thread_log::cause(&waits[0].parts),
        Cause::HolderPreempted,
        "{waits:?}"
    );
    assert!(waits[0].parts.holder > 45_000_000, "{waits:?}");
    assert!(log.long_waits(Cause::HolderPreempted).ns.get() > 50_000_000);
    assert!(run.sum(|log| log.lost_ns.get()) > 45_000_000);
    assert_eq!(run.log(0).unwrap().hold.histogram.total(), 1);
}

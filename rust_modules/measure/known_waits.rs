// SPDX-License-Identifier: GPL-2.0

//! Waits of known histories, as a sampler records and reports them on the host.

extern crate std;

use core::{
    cell::Cell,
    time::Duration, //
};
use std::{
    format,
    thread,
    vec::Vec, //
};

use abi::{
    histogram,
    lock_load::{
        Cause,
        ServiceOrder, //
    }, //
};
use algo::{
    lock::{
        Lock,
        Ticket, //
    },
    FinishedWait,
    Gap,
    Waiter,
    GAPS, //
};

use self::history::{
    history,
    history_with,
    report,
    run,
    run_of,
    Event::{
        Halt,
        HolderOff,
        Release,
        Wait, //
    },
    Steal,
    THREADS, //
};
use super::{
    time_loss::TimeLoss,
    *, //
};

mod bypass;
mod history;

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
    for first in [Wait(1, 0, 5000, &[(400, 5000)]), Halt(1, 0, 5000)] {
        let behind = [Release(500), first, Release(5100), Wait(2, 200, 5101, &[])];
        let found = history(true, &behind);
        assert_eq!(
            found,
            [
                (1, Cause::WaiterStolen, [0, 0, 4500, 500]),
                (2, Cause::PredecessorPreempted, [0, 4500, 0, 401]),
            ]
        );
    }
}

/// The holder is stopped after the last reading of its clock, before it has freed the lock.
///
/// ```text
///   holder     ────┤ off           ├─┤ free
///   waiter       ├────────────────────┤        its vCPU runs
/// ```
#[test]
fn running_waiter_shows_that_the_holder_had_not_released_yet() {
    for fifo in [true, false] {
        let during = [Release(500), Wait(1, 0, 5000, &[])];
        assert_eq!(
            history(fifo, &during),
            [(1, Cause::HolderPreempted, [4500, 0, 0, 500])]
        );
        let since = [Release(500), Wait(1, 501, 5000, &[])];
        assert_eq!(
            history(fifo, &since),
            [(1, Cause::HolderPreempted, [4499, 0, 0, 0])]
        );
        let unknown = [Release(500), Halt(1, 501, 5000)];
        assert_eq!(
            history(fifo, &unknown),
            [(1, Cause::Queueing, [0, 0, 0, 4499])]
        );
    }
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
fn parts_add_up_in_nanoseconds_of_any_clock() {
    let run = run_of(ServiceOrder::Fifo, TscScale::of_khz(2_399_998).unwrap());
    let log = run.log(1).unwrap();
    let losses = TimeLoss::new(&run, log, 1, Steal(Cell::new(None)));
    let since = run.began() + 1001;
    run.preemption_log.end_section(0, since + 1_000_003);
    let gaps = [Gap {
        from: since + 17,
        until: since + 9_000_002,
    }; GAPS];
    let wait = FinishedWait {
        since,
        lost: gaps[0].length(),
        is_observed: true,
    };
    losses.record_wait(&wait, || gaps, since + 9_000_005);
    let wait = log.logged.waits().next().unwrap();
    let parts = wait.parts;
    let sum = parts.holder + parts.predecessor + parts.own + parts.queue;
    assert_eq!(sum, wait.end_ns - wait.begin_ns, "{wait:?}");
    assert!(parts.own > 3_000_000 && parts.queue > 400_000, "{wait:?}");
}

#[test]
fn waits_beyond_the_log_are_in_the_sums() {
    let run = run(ServiceOrder::Fifo);
    let log = run.log(1).unwrap();
    let losses = TimeLoss::new(&run, log, 1, Steal(Cell::new(None)));
    let began = run.began();
    for n in 0..LOGGED_WAITS as u64 + 5 {
        let since = began + n * 2_000_000;
        run.preemption_log.end_section(0, since + 1_900_000);
        let wait = FinishedWait {
            since,
            lost: 0,
            is_observed: true,
        };
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

/// A thread of the host under a ticket lock, with `before` between its acquisition and the first reading of
/// its clock, and `within` after that.
fn sampled(
    run: &Instrumentation<history::Host>,
    lock: &impl Lock,
    index: u32,
    before: &dyn Fn(),
    within: &dyn Fn(),
) {
    let me = Waiter::default();
    let sampler = Sampler::new(run, index, &me, Steal(Cell::new(None))).unwrap();
    sampler.batch(&me, || {
        lock.with(&me, || {
            before();
            let entered = sampler.begin_timed(&me, 0);
            within();
            sampler.end_timed(entered);
        });
        1
    });
    sampler.close(&me);
}

/// The holder sleeps in its section, as its first reading of the clock shows, or before that.
#[test]
fn sampler_attributes_a_wait_to_the_holder_that_slept() {
    for sleeps_before in [true, false] {
        let (run, lock) = (run(ServiceOrder::Fifo), Ticket::new());
        thread::scope(|scope| {
            let sleep = || {
                scope.spawn(|| sampled(&run, &lock, 1, &|| {}, &|| {}));
                while run.flag.waiters() == 0 {
                    thread::yield_now();
                }
                thread::sleep(Duration::from_millis(50));
            };
            match sleeps_before {
                true => sampled(&run, &lock, 0, &sleep, &|| {}),
                false => sampled(&run, &lock, 0, &|| {}, &sleep),
            }
        });
        let log = run.log(1).unwrap();
        let waits: Vec<_> = log.logged.waits().collect();
        assert_eq!((waits.len(), log.waits.get()), (1, 1));
        let cause = thread_log::cause(&waits[0].parts);
        assert_eq!(cause, Cause::HolderPreempted, "{waits:?}");
        assert!(waits[0].parts.holder > 45_000_000, "{waits:?}");
        assert!(log.long_waits(cause).ns.get() > 50_000_000);
        assert!(run.sum(|log| log.lost_ns.get()) > 45_000_000);
        assert_eq!(run.log(0).unwrap().hold.histogram.total(), 1);
    }
}

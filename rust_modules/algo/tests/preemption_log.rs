// SPDX-License-Identifier: GPL-2.0

//! The parts and the cause of a wait, and whether the order of arrival was kept, on known histories.
#![cfg(not(loom))]

use algo::{
    preemption_log::{Cause, LongWait, Loss, Parts, PreemptionLog},
    Gap,
};

/// Thread, when it entered the section if it held the lock, from, until.
type Recorded = (u32, Option<u64>, u64, u64);

/// Before the wait, as most holders of these histories.
const HELD: Option<u64> = Some(500);

fn log(losses: &[Recorded]) -> PreemptionLog<Vec<Loss>> {
    let log = PreemptionLog::new((0..4).map(|_| Loss::new()).collect());
    for &(index, held, from, until) in losses {
        log.record_loss(index, held, &Gap { from, until });
    }
    log
}

/// The parts of a wait of thread 1 from 1000 to 2000, whose own vCPU did not run in `gaps`.
fn parts_with(losses: &[Recorded], gaps: &[(u64, u64)]) -> Parts {
    let gaps: Vec<Gap> = gaps
        .iter()
        .map(|&(from, until)| Gap { from, until })
        .collect();
    let long = LongWait {
        index: 1,
        wait: Gap {
            from: 1000,
            until: 2000,
        },
        gaps: &gaps,
        lost: u64::MAX,
        unplaced: 0,
    };
    let parts = log(losses).attribute(&long);
    let sum = parts.holder + parts.predecessor + parts.own + parts.queue;
    assert_eq!(sum, 1000, "{losses:?}, gaps {gaps:?}: {parts:?}");
    parts
}

/// The same of a waiter that is served in its order.
fn parts(losses: &[Recorded]) -> Parts {
    parts_with(losses, &[])
}

fn assert_cause(cause: Cause, losses: &[Recorded]) {
    assert_eq!(parts(losses).cause(), cause, "{losses:?}");
}

#[test]
fn wait_without_a_loss_is_queueing() {
    assert_cause(Cause::Queue, &[]);
    assert_eq!(parts(&[]).queue, 1000);
}

#[test]
fn loss_is_attributed_to_the_thread_that_had_it() {
    assert_cause(Cause::Holder, &[(2, HELD, 1100, 1900)]);
    assert_cause(Cause::Predecessor, &[(2, None, 1100, 1900)]);
    assert_cause(Cause::Waiter, &[(1, None, 1100, 1900)]);
    // The waiter did not hold the lock meanwhile, but a loss that it recorded before may overlap.
    assert_cause(Cause::Holder, &[(1, HELD, 1100, 1900)]);
}

#[test]
fn only_the_part_of_a_loss_within_the_wait_counts() {
    let outside = [(2, HELD, 0, 1300), (2, None, 1900, 9000)];
    assert_cause(Cause::Queue, &outside);
    let [before, after] = outside;
    let found = parts(&[before, after, (3, None, 1400, 1750)]);
    assert_eq!((found.holder, found.predecessor), (300, 450));
    assert_eq!(found.cause(), Cause::Predecessor);
}

#[test]
fn losses_of_a_kind_add_up() {
    let losses = [
        (2, None, 1000, 1250),
        (3, HELD, 1300, 1500),
        (4, HELD, 1600, 1800),
    ];
    assert_cause(Cause::Holder, &losses);
}

/// Both vCPUs are stopped at about the same time, as on a busy host; the lock is not free.
///
/// ```text
///   wait        ├──────────────────┤
///   holder        ├───────────┤
///   own gap      ├─────────────┤
/// ```
#[test]
fn gap_while_the_holder_is_preempted_is_the_holders() {
    let found = parts_with(&[(2, HELD, 1100, 1900)], &[(1050, 1950)]);
    assert_eq!((found.holder, found.own, found.queue), (800, 100, 100));
    assert_eq!(found.cause(), Cause::Holder);
    let behind = parts_with(&[(2, None, 1100, 1900)], &[(1050, 1950)]);
    assert_eq!((behind.predecessor, behind.own), (800, 100));
    assert_eq!(behind.cause(), Cause::Predecessor);
}

/// The lock comes free while the waiter does not run.
///
/// ```text
///   wait        ├──────────────────┤
///   holder       ├───┤
///   own gaps       ├────────┤   ├──┤
/// ```
#[test]
fn gap_after_the_loss_of_another_is_the_waiters() {
    let found = parts_with(&[(2, HELD, 1050, 1250)], &[(1200, 1700), (1800, 2000)]);
    assert_eq!((found.holder, found.own, found.queue), (200, 650, 150));
    assert_eq!(found.cause(), Cause::Waiter);
}

/// The others pass the lock on while the waiter does not run, and then one of them is preempted, too.
///
/// ```text
///   sections    ─┤├──┤├── held ───────┤├─
///   holder               ├───────────┤
///   wait        ├───────────────────────┤
///   own gap       ├─────────────────┤
/// ```
#[test]
fn gap_in_which_the_lock_was_free_is_the_waiters() {
    let found = |entered| parts_with(&[(2, Some(entered), 1300, 1900)], &[(1100, 1800)]);
    let missed = found(1250);
    assert_eq!((missed.holder, missed.own, missed.queue), (100, 700, 200));
    assert_eq!(missed.cause(), Cause::Waiter);
    let held = found(1050);
    assert_eq!((held.holder, held.own, held.queue), (600, 200, 200));
    assert_eq!(held.cause(), Cause::Holder);
}

/// The hand-off to the waiter is a loss in the log, and a gap of its clock.
#[test]
fn hand_off_counts_once() {
    let hand_off = (1, None, 1700, 2000);
    let found = parts_with(&[hand_off, (2, HELD, 1000, 1350)], &[(1690, 2000)]);
    assert_eq!((found.holder, found.own), (350, 310));
    assert_eq!(found.cause(), Cause::Holder);
    let more = parts_with(&[hand_off, (2, HELD, 1000, 1350)], &[(1400, 1500)]);
    assert_eq!(
        (more.own, more.cause()),
        (400, Cause::Waiter),
        "a gap before it"
    );
}

/// By the steal clock a loss may begin before the release.
#[test]
fn hand_off_while_another_is_preempted_is_the_others() {
    let found = parts(&[(1, None, 1700, 2000), (2, HELD, 1600, 1800)]);
    assert_eq!((found.holder, found.own), (200, 200));
}

#[test]
fn waiter_loses_no_more_than_is_known_to_be_lost() {
    let log = log(&[]);
    let gaps = [Gap {
        from: 1100,
        until: 1900,
    }];
    let wait = Gap {
        from: 1000,
        until: 2000,
    };
    let parts = |lost| {
        log.attribute(&LongWait {
            index: 1,
            wait,
            gaps: &gaps,
            lost,
            unplaced: 0,
        })
    };
    assert_eq!((parts(800).own, parts(800).cause()), (800, Cause::Waiter));
    // The steal clock counted only this much of it.
    assert_eq!((parts(300).own, parts(300).cause()), (300, Cause::Queue));
}

/// Under a lock that does not exclude, holders lose time at the same time.
#[test]
fn parts_never_exceed_the_wait() {
    let all = [
        (2, HELD, 0, 9000),
        (3, HELD, 0, 9000),
        (4, None, 0, 9000),
        (1, None, 0, 9000),
    ];
    let found = parts_with(&all, &[(1000, 9000)]);
    assert_eq!((found.holder, found.queue), (1000, 0));
    let found = parts_with(&all[2..], &[(1000, 9000)]);
    assert_eq!((found.predecessor, found.own), (1000, 0));
}

#[test]
fn oldest_loss_is_overwritten() {
    let short = (2, None, 0, 10);
    assert_cause(
        Cause::Queue,
        &[(2, HELD, 1000, 2000), short, short, short, short],
    );
}

#[test]
fn only_a_thread_that_came_later_for_certain_overtakes() {
    let log = log(&[]);
    log.end_section(900, 1500);
    assert!(!log.is_overtaken(1000, 0), "it may have come before");
    log.end_section(1100, 1600);
    assert!(!log.is_overtaken(1000, 100), "the clocks may disagree");
    assert!(log.is_overtaken(1000, 99));
    log.end_section(950, 1700);
    assert!(log.is_overtaken(1000, 99), "the latest arrival is kept");
    assert_eq!(log.last_release(), 1700);
}

#[test]
fn time_lost_after_halts_is_the_waiters_own_as_far_as_no_other_lost_it() {
    let long = |unplaced| LongWait {
        index: 1,
        wait: Gap {
            from: 1000,
            until: 2000,
        },
        gaps: &[],
        lost: 0,
        unplaced,
    };
    let log = log(&[(0, HELD, 1200, 1500)]);
    let own = |unplaced| log.attribute(&long(unplaced)).own;
    assert_eq!((own(0), own(400), own(5000)), (0, 400, 700));
}

#[test]
fn loss_of_long_ago_ends_the_search_and_newer_ones_count() {
    let five = [
        (0, HELD, 100, 200),
        (0, HELD, 300, 400),
        (2, HELD, 500, 1100),
        (0, HELD, 1200, 1300),
        (2, HELD, 1400, 1500),
    ];
    assert_eq!(parts(&five).holder, 300, "the fifth is where the first was");
}

#[test]
fn one_thread_that_comes_twice_after_a_waiter_overtakes_it_twice() {
    let log = log(&[]);
    assert!(!log.is_overtaken_twice(0, 0), "no thread has come twice");
    log.note_repeat(1500);
    log.note_repeat(1400);
    assert!(log.is_overtaken_twice(1499, 0));
    assert!(!log.is_overtaken_twice(1499, 1), "within the tolerance");
    assert!(!log.is_overtaken_twice(1500, 0), "the first was not later");
}

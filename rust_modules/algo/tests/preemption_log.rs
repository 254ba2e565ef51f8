// SPDX-License-Identifier: GPL-2.0

//! The cause of a wait, and whether the order of arrival was kept, on known histories.
#![cfg(not(loom))]

use algo::preemption_log::{Cause, LongWait, Loss, PreemptionLog};

/// Thread 1 waited from 1000 to 2000.
const WAIT: LongWait = LongWait {
    index: 1,
    since: 1000,
    until: 2000,
    lost: 0,
};

/// Thread, whether it held the lock, from, until.
type Recorded = (u32, bool, u64, u64);

fn log(losses: &[Recorded]) -> PreemptionLog<Vec<Loss>> {
    let log = PreemptionLog::new((0..4).map(|_| Loss::new()).collect());
    for &(index, held, from, until) in losses {
        log.record_loss(index, held, from, until);
    }
    log
}

/// Fails unless `WAIT`, of which `lost` is known by the waiter's own clock, has the cause.
fn assert_cause(cause: Cause, lost: u64, losses: &[Recorded]) {
    let found = log(losses).attribute(&LongWait { lost, ..WAIT });
    assert_eq!(found, cause, "{losses:?}, {lost} lost");
}

#[test]
fn wait_without_a_loss_is_queueing() {
    assert_cause(Cause::Queue, 0, &[]);
}

#[test]
fn loss_is_attributed_to_the_thread_that_had_it() {
    assert_cause(Cause::Holder, 0, &[(2, true, 1100, 1900)]);
    assert_cause(Cause::Predecessor, 0, &[(2, false, 1100, 1900)]);
    assert_cause(Cause::Waiter, 0, &[(1, false, 1100, 1900)]);
    // The waiter did not hold the lock meanwhile, but a loss that it recorded before may overlap.
    assert_cause(Cause::Holder, 0, &[(1, true, 1100, 1900)]);
}

#[test]
fn only_the_part_of_a_loss_within_the_wait_counts() {
    let outside = [(2, true, 0, 1300), (2, false, 1900, 9000)];
    assert_cause(Cause::Queue, 0, &outside);
    let [before, after] = outside;
    let inside = [before, after, (3, false, 1400, 1750)];
    assert_cause(Cause::Predecessor, 0, &inside);
}

#[test]
fn losses_of_a_kind_add_up() {
    let losses = [
        (2, false, 1000, 1250),
        (3, true, 1300, 1500),
        (4, true, 1600, 1800),
    ];
    assert_cause(Cause::Holder, 0, &losses);
}

#[test]
fn loss_by_the_waiters_own_clock_counts_once() {
    let losses = [(1, false, 1700, 2000), (2, true, 1000, 1350)];
    assert_cause(Cause::Holder, 300, &losses);
    assert_cause(Cause::Waiter, 400, &losses);
}

#[test]
fn oldest_loss_is_overwritten() {
    let short = (2, false, 0, 10);
    let losses = [(2, true, 1000, 2000), short, short, short, short];
    assert_cause(Cause::Queue, 0, &losses);
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

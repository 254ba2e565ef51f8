// SPDX-License-Identifier: GPL-2.0

//! Who is to blame for a wait, and whether the order of arrival was kept, on known histories.
#![cfg(not(loom))]

use algo::preemption_log::{Blame, Loss, PreemptionLog, Wait};

fn preemption_log() -> PreemptionLog<Vec<Loss>> {
    PreemptionLog::new((0..4).map(|_| Loss::new()).collect())
}

/// Thread 1 waited from 1000 to 2000.
const WAIT: Wait = Wait {
    index: 1,
    since: 1000,
    until: 2000,
    lost: 0,
};

#[test]
fn a_wait_without_a_loss_is_the_queues() {
    assert_eq!(preemption_log().blame(&WAIT), Blame::Queue);
}

#[test]
fn each_loss_is_blamed_on_whose_it_was() {
    for (index, held, blame) in [
        (2, true, Blame::Holder),
        (2, false, Blame::Predecessor),
        (1, false, Blame::Waiter),
        // Who has waited since then did not hold the lock, but what it noted before may overlap.
        (1, true, Blame::Holder),
    ] {
        let preemption_log = preemption_log();
        preemption_log.lose(index, held, 1100, 1900);
        assert_eq!(preemption_log.blame(&WAIT), blame, "{index} {held}");
    }
}

#[test]
fn only_what_lies_within_the_wait_counts() {
    let preemption_log = preemption_log();
    preemption_log.lose(2, true, 0, 1300);
    preemption_log.lose(2, false, 1900, 9000);
    assert_eq!(preemption_log.blame(&WAIT), Blame::Queue);
    preemption_log.lose(3, false, 1400, 1750);
    assert_eq!(preemption_log.blame(&WAIT), Blame::Predecessor);
}

#[test]
fn many_small_losses_are_as_one() {
    let preemption_log = preemption_log();
    preemption_log.lose(2, false, 1000, 1250);
    preemption_log.lose(3, true, 1300, 1500);
    preemption_log.lose(4, true, 1600, 1800);
    assert_eq!(preemption_log.blame(&WAIT), Blame::Holder);
}

#[test]
fn the_waiters_own_clock_counts_once_with_what_it_noted() {
    let preemption_log = preemption_log();
    preemption_log.lose(1, false, 1700, 2000);
    preemption_log.lose(2, true, 1000, 1350);
    let wait = Wait { lost: 300, ..WAIT };
    assert_eq!(preemption_log.blame(&wait), Blame::Holder);
    let wait = Wait { lost: 400, ..WAIT };
    assert_eq!(preemption_log.blame(&wait), Blame::Waiter);
}

#[test]
fn the_oldest_loss_makes_room() {
    let preemption_log = preemption_log();
    preemption_log.lose(2, true, 1000, 2000);
    (0..4).for_each(|_| preemption_log.lose(2, false, 0, 10));
    assert_eq!(preemption_log.blame(&WAIT), Blame::Queue);
}

#[test]
fn who_came_later_for_certain_and_went_first_has_overtaken() {
    let preemption_log = preemption_log();
    preemption_log.leave(900, 1500);
    assert!(
        !preemption_log.overtaken(1000, 0),
        "it may have come before"
    );
    preemption_log.leave(1100, 1600);
    assert!(
        !preemption_log.overtaken(1000, 100),
        "the clocks may disagree"
    );
    assert!(preemption_log.overtaken(1000, 99));
    preemption_log.leave(950, 1700);
    assert!(preemption_log.overtaken(1000, 99), "and it stays so");
    assert_eq!(preemption_log.released(), 1700);
}

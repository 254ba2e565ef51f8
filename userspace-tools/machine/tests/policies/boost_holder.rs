// SPDX-License-Identifier: GPL-2.0

//! Boosting the holder of a lock: a section ends within the grace, and no longer.

use machine::{
    words::{compute, in_section},
    BoostHolder, Fair, Policy, RoundRobin,
};

use crate::{
    common::{assert_share, burner, burners, lateness, median, run, sleeper, stints, Load, MS, US},
    locks::{Kind, Lock},
};

const SLICE: u64 = 3 * MS;

fn boosted(grace: u64) -> BoostHolder {
    BoostHolder::new(Box::new(RoundRobin::new(SLICE, 1)), grace)
}

/// Sections that take so long, one after another.
fn sections_of(section: u64) -> Load {
    let code = move || loop {
        in_section(true);
        compute(section);
        in_section(false);
    };
    (0, Box::new(code))
}

/// Stints of a vCPU with such sections beside a burner.
fn stints_of(policy: impl Policy + 'static, section: u64) -> Vec<u64> {
    let loads = vec![sections_of(section), burner(0)];
    let all = stints(&run(1, policy, loads));
    let of = all.iter().filter(|stint| stint.vcpu == 0);
    of.map(|stint| stint.ns()).collect()
}

#[test]
fn boosted_holder_runs_on_for_the_grace_at_most() {
    let longest = |policy| *stints_of(policy, 100 * MS).iter().max().unwrap();
    let (with, without) = (longest(boosted(MS)), longest(boosted(0)));
    assert!(
        (SLICE + 900 * US..SLICE * 21 / 20 + MS + US).contains(&with),
        "{with}"
    );
    assert!(without <= SLICE * 21 / 20, "{without}");
}

#[test]
fn boosted_holder_goes_at_the_end_of_its_section() {
    // Sections of 400 us, with nothing between them: the slice ends within one.
    let with = stints_of(boosted(10 * MS), 400 * US);
    let late = with.iter().filter(|&&ns| ns > SLICE * 21 / 20 + 400 * US);
    assert_eq!(late.count(), 0, "{with:?}");
    let whole = with.iter().filter(|&&ns| ns % (400 * US) < 10 * US);
    assert!(whole.count() * 10 > with.len() * 9, "{with:?}");
}

#[test]
fn preempted_holder_is_the_first_to_run_again() {
    let holder: Load = (
        0,
        Box::new(|| {
            in_section(true);
            compute(10_000 * MS);
        }),
    );
    let mut loads = vec![holder];
    loads.extend(burners(3));
    // Every other stint, instead of every fourth.
    assert_share(&run(1, boosted(0), loads), 0, 0.5, 0.05);
}

#[test]
fn woken_vcpu_waits_for_the_end_of_a_section() {
    let section = 400 * US;
    let late = |grace| {
        let holder = sections_of(section);
        let fair = Box::new(Fair::new(1, SLICE, 0, 1));
        let loads = vec![holder, sleeper(0, 50 * US, 4_730 * US)];
        lateness(&run(1, BoostHolder::new(fair, grace), loads), 1)
    };
    // It wakes 4730 us after it fell asleep, when a section began: 70 us before one ends.
    let (with, without) = (late(MS), late(0));
    assert!(median(&without) < 20 * US, "{without:?}");
    assert!((60 * US..90 * US).contains(&median(&with)), "{with:?}");
    assert!(with.last() < Some(&(section + 20 * US)), "{with:?}");
}

/// Sections per second of four vCPUs on two CPUs.
fn sections(kind: Kind, policy: impl Policy + 'static) -> usize {
    let lock = Lock::new(kind);
    run(2, policy, (0..4).map(|_| lock.load(0)).collect());
    lock.hand_offs().len()
}

#[test]
fn boosted_holder_buys_most_where_any_waiter_may_be_next() {
    let gain = |kind| {
        let with = sections(kind, boosted(50 * US));
        let without = sections(kind, RoundRobin::new(SLICE, 1));
        with as f64 / without as f64
    };
    let (test_and_set, ticket) = (gain(Kind::TestAndSet), gain(Kind::Ticket));
    assert!(test_and_set > 1.3, "{test_and_set}");
    // The next waiter is preempted as often as before.
    assert!((0.7..1.3).contains(&ticket), "{ticket}");
}

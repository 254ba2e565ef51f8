// SPDX-License-Identifier: GPL-2.0

//! Co-scheduling: guests take turns as a whole.

use machine::{Gang, Policy, RoundRobin};

use crate::{
    common::{assert_share, burner, run, sleeper, stints, MS, US},
    locks::{Kind, Lock},
};

const SLOT: u64 = 10 * MS;

/// Two guests of four vCPUs each, with a ticket lock each, on four CPUs. Returns how long the hand-offs of
/// one guest took.
fn hand_offs(policy: impl Policy + 'static) -> Vec<u64> {
    let locks = [0, 1].map(|_| Lock::new(Kind::Ticket));
    let loads = [0, 1, 0, 1, 1, 0, 1, 0].map(|guest| locks[guest].load(guest as u32));
    run(4, policy, loads.into());
    locks[0].hand_offs()
}

#[test]
fn gang_hand_off_waits_for_no_slice_but_for_the_other_guests_slots() {
    let took = hand_offs(Gang::new(4, SLOT));
    let long = took.iter().filter(|&&ns| ns > 100 * US).count();
    // A second has 50 slots of the guest.
    assert!(long <= 50, "{long} long ones of {}", took.len());
    let longest = took.iter().max();
    assert!(longest < Some(&(SLOT + 100 * US)), "{longest:?}");
    let apart = hand_offs(RoundRobin::new(SLOT, 1));
    assert!(
        took.len() > 20 * apart.len(),
        "{} against {}",
        took.len(),
        apart.len()
    );
}

#[test]
fn gang_slots_are_aligned_and_rows_take_turns_within() {
    // The second guest has two rows.
    let loads = [0, 0, 1, 1, 1, 1].map(burner);
    let ended = run(2, Gang::new(2, SLOT), loads.into());
    for vcpu in 0..6 {
        assert_share(&ended, vcpu, if vcpu < 2 { 0.5 } else { 0.25 }, 0.01);
    }
    let all = stints(&ended);
    for pair in [(0, 1), (2, 3), (4, 5)] {
        let of = |vcpu| all.iter().filter(move |stint| stint.vcpu == vcpu);
        for (one, other) in of(pair.0).zip(of(pair.1)).skip(1) {
            assert_ne!(one.cpu, other.cpu);
            let (from, to) = (one.from.abs_diff(other.from), one.to.abs_diff(other.to));
            assert!(from < 10 * US && to < 10 * US, "{one:?} {other:?}");
        }
    }
}

#[test]
fn gang_lets_others_run_where_the_guest_on_turn_halts() {
    let loads = vec![sleeper(0, MS, MS), burner(1)];
    let ended = run(1, Gang::new(1, SLOT), loads);
    // It gets half of its own slots, less what the interrupted stints take.
    assert_share(&ended, 0, 0.25, 0.1);
    assert!(ended.cpu_time[1] > 700 * MS, "{:?}", ended.cpu_time);
}

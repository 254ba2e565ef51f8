// SPDX-License-Identifier: GPL-2.0

//! Rounds of the costs of primitives: every one has both vCPUs, each primitive is timed, and none waits for
//! a vCPU that does not take part.

#![cfg(not(loom))]

use std::{
    cell::RefCell,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
};

use algo::{
    primitive::Vcpu,
    primitive_cost::{Followed, Follower, Leader, Line, Pace, PrimitiveCosts, Timed, KINDS, LINES},
};

const PACE: Pace = Pace {
    settle: 5_000_000,
    window: 1_000_000,
};
const PASSES: u32 = 5;

fn costs() -> PrimitiveCosts<Vec<Line>> {
    PrimitiveCosts::new((0..LINES).map(|_| Line::new()).collect())
}

/// Kicks a thread as a halt does that finds one pending.
fn halt() {
    thread::park();
}

#[test]
fn each_primitive_is_timed_once_a_pass() {
    let shared = Arc::new(costs());
    let theirs = shared.clone();
    let follower = thread::spawn(move || {
        let follower = Follower::new(&theirs, PACE, |_, _| halt());
        let mut rounds = 0;
        loop {
            match follower.follow(|| false) {
                Followed::Over => return rounds,
                Followed::Round => rounds += 1,
                Followed::Nothing => {}
            }
        }
    });
    let emitted: RefCell<Vec<Timed>> = RefCell::default();
    let emit = |of, _, per| {
        assert!(per > 0);
        emitted.borrow_mut().push(of);
    };
    let mut leader = Leader::new(&shared, PACE);
    for _ in 0..PASSES {
        leader.time_alone(&emit);
        for _ in 0..KINDS {
            assert!(leader.lead(|| false, &emit));
        }
    }
    leader.end();
    assert_eq!(follower.join().unwrap(), PASSES * KINDS);
    let emitted = emitted.into_inner();
    // No interrupt comes to a thread of the host, but another gap may look like one.
    let sure = |of: &&Timed| !matches!(of, Timed::KickLatency | Timed::Interrupt);
    for &of in Timed::ALL.iter().filter(sure) {
        let count = emitted.iter().filter(|&&other| other == of).count();
        assert_eq!(count, PASSES as usize, "{of:?}");
    }
}

#[test]
fn offer_that_no_follower_accepts_is_withdrawn() {
    let shared = costs();
    let leader = Leader::new(&shared, PACE);
    let emit = |of, _, _| panic!("{of:?} of one vCPU alone");
    assert!(!leader.lead(|| true, &emit));
    let follower = Follower::new(&shared, PACE, |_, _| halt());
    assert_eq!(follower.follow(|| true), Followed::Nothing);
    leader.end();
    assert_eq!(follower.follow(|| false), Followed::Over);
}

#[test]
fn follower_that_gives_up_leaves_the_offer_to_a_later_call() {
    let (shared, offered) = (Arc::new(costs()), Arc::new(AtomicBool::new(false)));
    let (theirs, gives_up) = (shared.clone(), offered.clone());
    let leader = thread::spawn(move || {
        Vcpu::current();
        let leader = Leader::new(&theirs, PACE);
        let took_part = leader.lead(|| gives_up.load(Ordering::Relaxed), &|_, _, _| {});
        leader.end();
        took_part
    });
    let follower = Follower::new(&shared, PACE, |_, _| halt());
    while follower.follow(|| true) != Followed::Round {}
    offered.store(true, Ordering::Relaxed);
    assert!(leader.join().unwrap());
}

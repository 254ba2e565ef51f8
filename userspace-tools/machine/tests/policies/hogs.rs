// SPDX-License-Identifier: GPL-2.0

//! A guest with a duty cycle beside one that always uses its CPU: what it gets under each policy.

use machine::{Credit2, Eevdf, Fair, Gang, Ns, Policy, RoundRobin};

use crate::common::{burner, run, sleeper, MS};

const SLICE: Ns = 3 * MS;

/// The share of a CPU that a guest gets which computes and sleeps in turn, beside one that never sleeps.
fn share(policy: impl Policy + 'static, computes: Ns, sleeps: Ns) -> f64 {
    let ended = run(1, policy, vec![sleeper(1, computes, sleeps), burner(0)]);
    let idle = ended.at - ended.cpu_time.iter().sum::<Ns>();
    assert!(idle < ended.at / 100, "the CPU idled for {idle} ns");
    ended.cpu_time[0] as f64 / ended.at as f64
}

#[track_caller]
fn assert_hog(share: f64, expected: std::ops::Range<f64>) {
    assert!(
        expected.contains(&share),
        "{share} of the CPU instead of {expected:?}"
    );
}

#[test]
fn hog_of_a_quarter_gets_what_it_asks_for_where_it_preempts() {
    assert_hog(share(Fair::new(1, SLICE, MS, 1), MS, 3 * MS), 0.21..0.252);
    assert_hog(share(Credit2::new(MS, 1), MS, 3 * MS), 0.21..0.252);
}

#[test]
fn hog_gets_half_of_the_time_that_it_does_not_sleep_where_sleep_earns_nothing() {
    // EEVDF: who does not compete is owed nothing. So a share of 1 / (1 + 1 + 1).
    assert_hog(share(Eevdf::new(1, SLICE, MS, 1), MS, MS), 0.32..0.35);
    // And of 1 / (1 + 1 + 3).
    assert_hog(share(Eevdf::new(1, SLICE, MS, 1), MS, 3 * MS), 0.19..0.21);
}

#[test]
fn hog_of_half_gets_half_where_sleep_earns_credit() {
    assert_hog(share(Credit2::new(MS, 1), MS, MS), 0.40..0.505);
    assert_hog(share(Fair::new(1, SLICE, MS, 1), MS, MS), 0.40..0.505);
}

#[test]
fn hog_waits_for_the_slice_where_it_does_not_preempt() {
    // It wakes a millisecond into a slice of three, and runs for one of four.
    assert_hog(share(RoundRobin::new(SLICE, 1), MS, MS), 0.23..0.27);
}

#[test]
fn hog_uses_half_of_its_own_slots() {
    assert_hog(share(Gang::new(1, 10 * MS), MS, MS), 0.24..0.30);
}

// SPDX-License-Identifier: GPL-2.0

//! Credit2: shares by credit, and the rate limit.

use machine::{
    words::{compute, sleep},
    CpuId, CpuView, Credit2, GuestId, Joins, Ns, Policy, VcpuId,
};

use crate::common::{
    assert_share, burner, burners, lateness, median, run, sleeper, stints, MS, US,
};

fn credit2() -> Credit2 {
    Credit2::new(MS, 1)
}

#[test]
fn credit2_shares_equally() {
    let ended = run(1, credit2(), burners(3));
    (0..3).for_each(|vcpu| assert_share(&ended, vcpu, 1.0 / 3.0, 0.01));
}

#[test]
fn credit2_shares_by_weight_of_guests() {
    let policy = credit2().with(GuestId(1), 512);
    let ended = run(1, policy, vec![burner(0), burner(1)]);
    assert_share(&ended, 0, 1.0 / 3.0, 0.01);
    assert_share(&ended, 1, 2.0 / 3.0, 0.01);
}

#[test]
fn credit2_runs_for_its_rate_limit_at_least() {
    for ratelimit in [MS, 5 * MS] {
        let ended = run(1, Credit2::new(ratelimit, 1), burners(4));
        for stint in stints(&ended) {
            assert!(stint.ns() >= ratelimit, "{stint:?}");
        }
    }
}

/// Whether one that wakes with all of its credit preempts one that has run for that long.
fn preempts(ran: Ns) -> bool {
    let (mut policy, runs, wakes) = (credit2(), VcpuId(0), VcpuId(1));
    let at = |queue, current| CpuView {
        cpu: CpuId(0),
        now: ran,
        current,
        queue,
    };
    for vcpu in [runs, wakes] {
        policy.admit(vcpu, GuestId(0));
    }
    policy.joins(at(&[], None), runs, Joins::Woken);
    policy.runs(at(&[], None), runs);
    let current = Some((runs, ran));
    policy.joins(at(&[], current), wakes, Joins::Woken);
    policy.preempts(at(&[wakes], current), runs, ran, wakes)
}

#[test]
fn credit2_woken_vcpu_does_not_preempt_within_the_rate_limit() {
    assert!(!preempts(100 * US) && !preempts(900 * US));
    assert!(preempts(960 * US), "Xen tolerates 50 us");
    assert!(preempts(2 * MS));
}

#[test]
fn credit2_sleeper_wakes_within_the_rate_limit_of_a_burner() {
    let mut loads = burners(2);
    loads.push(sleeper(0, 100 * US, 5_300 * US));
    let late = lateness(&run(1, credit2(), loads), 2);
    assert!(median(&late) < MS, "{late:?}");
}

#[test]
fn credit2_long_sleep_earns_one_stint() {
    // While it sleeps, others' credit is reset 25 times.
    let mut loads = burners(2);
    loads.push((
        0,
        Box::new(|| {
            sleep(500 * MS);
            compute(400 * MS);
        }),
    ));
    let all = stints(&run(1, credit2(), loads));
    let of = all.iter().filter(|stint| stint.vcpu == 2);
    let longest = of.map(|stint| stint.ns()).max().unwrap();
    assert!((3 * MS..12 * MS).contains(&longest), "{longest} ns");
}

#[test]
fn credit2_sleeper_gets_no_more_than_its_share() {
    for (computes, sleeps) in [(2 * MS, 100 * US), (500 * US, 10 * US), (7 * MS, 3 * MS)] {
        let mut loads = burners(1);
        loads.push(sleeper(0, computes, sleeps));
        let ended = run(1, credit2(), loads);
        let had = ended.cpu_time[1] as f64 / ended.at as f64;
        assert!(had < 0.51, "{had} of the CPU at {computes} and {sleeps} ns");
    }
}

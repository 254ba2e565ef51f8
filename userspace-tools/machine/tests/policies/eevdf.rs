// SPDX-License-Identifier: GPL-2.0

//! EEVDF: shares, lag, latency and run lengths, as Linux has them.

use machine::{CpuId, CpuView, Eevdf, GuestId, Joins, Ns, Policy, VcpuId};

use crate::common::{assert_share, burners, lateness, run, sleeper, stints, MS, US};

const NICE_0: u32 = 1024;

/// One CPU, with HZ=1000 and the base slice of a host of eight CPUs.
fn eevdf() -> Eevdf {
    Eevdf::new(1, 2_800 * US, MS, 1)
}

#[test]
fn eevdf_shares_equally() {
    let ended = run(1, eevdf(), burners(3));
    (0..3).for_each(|vcpu| assert_share(&ended, vcpu, 1.0 / 3.0, 0.01));
}

#[test]
fn eevdf_shares_by_weight_whatever_the_slices() {
    for slice in [MS, 6 * MS] {
        let policy = eevdf().with(VcpuId(1), 2 * NICE_0, slice);
        let ended = run(1, policy, burners(2));
        assert_share(&ended, 0, 1.0 / 3.0, 0.015);
        assert_share(&ended, 1, 2.0 / 3.0, 0.015);
    }
}

#[test]
fn eevdf_run_lengths_are_slices_rounded_up_to_ticks() {
    for (slice, ticks) in [(MS, 1), (3 * MS, 1), (10 * MS, 3)] {
        let tick = 4 * MS;
        let ended = run(1, Eevdf::new(1, slice, tick, 1), burners(2));
        for stint in &stints(&ended)[1..] {
            let off = stint.ns().abs_diff(ticks * tick);
            assert!(off < 10 * US, "slice of {slice} ns: {stint:?}");
        }
    }
}

#[test]
fn eevdf_sleeper_gets_no_more_than_its_share() {
    for (computes, sleeps) in [(2 * MS, 100 * US), (500 * US, 10 * US), (7 * MS, 3 * MS)] {
        let mut loads = burners(1);
        loads.push(sleeper(0, computes, sleeps));
        let ended = run(1, eevdf(), loads);
        let had = ended.cpu_time[1] as f64 / ended.at as f64;
        assert!(
            had < 0.505,
            "{had} of the CPU at {computes} and {sleeps} ns"
        );
    }
}

/// How late a vCPU with that slice wakes beside three burners: the mean and the most.
fn lateness_by_slice(slice: Ns, computes: Ns, sleeps: Ns) -> (Ns, Ns) {
    let mut loads = burners(3);
    loads.push(sleeper(0, computes, sleeps));
    let ended = run(1, eevdf().with(VcpuId(3), NICE_0, slice), loads);
    let all = lateness(&ended, 3);
    (
        all.iter().sum::<Ns>() / all.len() as u64,
        all[all.len() - 1],
    )
}

#[test]
fn eevdf_shorter_slice_wakes_sooner() {
    let slices = [100 * US, MS, 2_800 * US, 20 * MS];
    let heavy = slices.map(|slice| lateness_by_slice(slice, MS, 2 * MS).0);
    assert!(
        heavy[0] < 100 * US,
        "the shortest slice preempts: {heavy:?}"
    );
    assert!(
        heavy[2] > 2 * MS,
        "an equal one waits until a slice ends: {heavy:?}"
    );
    assert!(
        heavy[0] * 4 < heavy[1] && heavy[1] * 4 < heavy[2] * 3,
        "{heavy:?}"
    );
    // One that computes little is ahead for long once it has waited; how long it waits is by slice still.
    let most = slices.map(|slice| lateness_by_slice(slice, 100 * US, 200 * US).1);
    assert!(
        most.windows(2).all(|two| two[0] * 3 < two[1] * 2),
        "{most:?}"
    );
}

/// A CPU with nothing but a queue.
fn idle(queue: &[VcpuId]) -> CpuView<'_> {
    CpuView {
        cpu: CpuId(0),
        now: 0,
        current: None,
        queue,
    }
}

fn busy(current: VcpuId, ran: Ns, queue: &[VcpuId]) -> CpuView<'_> {
    CpuView {
        current: Some((current, ran)),
        ..idle(queue)
    }
}

/// vCPUs that have just woken, in an idle CPU's queue.
fn woken(policy: &mut Eevdf, vcpus: &[VcpuId]) {
    for &vcpu in vcpus {
        policy.admit(vcpu, GuestId(0));
        policy.joins(idle(&[]), vcpu, Joins::Woken);
    }
}

#[test]
fn eevdf_one_that_yields_gives_up_its_slice() {
    let next = |why| {
        let (mut policy, [a, b]) = (eevdf(), [0, 1].map(VcpuId));
        woken(&mut policy, &[a, b]);
        policy.runs(idle(&[b]), a);
        policy.stops(busy(a, 0, &[b]), a, 0, false);
        policy.joins(idle(&[b]), a, why);
        policy.choose(idle(&[a, b]))
    };
    assert_eq!((next(Joins::Preempted), next(Joins::Yielding)), (0, 1));
}

/// Two vCPUs; the first runs for `ran`, and sleeps; the second runs for `meanwhile`, when the first wakes.
/// Returns whether the first would run then.
fn wakes_first(ran: Ns, meanwhile: Ns) -> bool {
    let (mut policy, [a, b]) = (eevdf(), [0, 1].map(VcpuId));
    woken(&mut policy, &[a, b]);
    policy.runs(idle(&[b]), a);
    policy.stops(busy(a, ran, &[b]), a, ran, true);
    assert_eq!(policy.choose(idle(&[b])), 0);
    policy.runs(idle(&[]), b);
    policy.joins(busy(b, meanwhile, &[]), a, Joins::Woken);
    policy.stops(busy(b, meanwhile, &[a]), b, meanwhile, false);
    policy.choose(idle(&[a, b])) == 0
}

#[test]
fn eevdf_debt_is_kept_over_sleep_until_it_is_worked_off() {
    assert!(!wakes_first(5 * MS, 4_900 * US), "it owes still");
    assert!(
        wakes_first(5 * MS, 5_100 * US),
        "the other one had as much meanwhile"
    );
}

/// The same of another CPU.
fn other(queue: &[VcpuId]) -> CpuView<'_> {
    CpuView {
        cpu: CpuId(1),
        ..idle(queue)
    }
}

/// Two vCPUs on one CPU. The second runs for `theirs`, and moves, after the first has run for `mine`. Returns
/// its place before a fresh one of the other CPU.
fn moves(theirs: Ns, mine: Ns) -> usize {
    let (mut policy, [a, b, c]) = (Eevdf::new(2, 2_800 * US, MS, 1), [0, 1, 2].map(VcpuId));
    woken(&mut policy, &[a, b, c]);
    policy.runs(idle(&[a]), b);
    policy.stops(busy(b, theirs, &[a]), b, theirs, false);
    policy.joins(idle(&[a]), b, Joins::Preempted);
    policy.runs(idle(&[b]), a);
    policy.leaves(busy(a, mine, &[b]), b);
    policy.joins(other(&[]), c, Joins::Woken);
    policy.joins(other(&[c]), b, Joins::From(CpuId(0)));
    policy.choose(other(&[c, b]))
}

#[test]
fn eevdf_lag_and_deadline_are_kept_on_the_way_to_another_cpu() {
    assert_eq!(moves(0, 0), 0, "it comes last");
    assert_eq!(moves(0, 2 * MS), 1, "it is owed a millisecond");
    assert_eq!(moves(2 * MS, 0), 0, "it owes one");
    assert_eq!(moves(MS, MS), 1, "it has had a part of its slice");
}

#[test]
fn eevdf_service_is_off_by_a_slice_and_a_tick_at_most_at_any_time() {
    let of = [
        (1024, 3 * MS),
        (2048, MS),
        (512, 6 * MS),
        (1024, 500 * US),
        (3000, 3 * MS),
    ];
    let mut policy = eevdf();
    for (vcpu, &(weight, slice)) in of.iter().enumerate() {
        policy = policy.with(VcpuId(vcpu as u32), weight, slice);
    }
    let ended = run(1, policy, burners(5));
    let total: u32 = of.iter().map(|(weight, _)| weight).sum();
    let (mut had, mut all) = ([0; 5], 0);
    for stint in stints(&ended) {
        had[stint.vcpu as usize] += stint.ns();
        all += stint.ns();
        for (&had, &(weight, slice)) in had.iter().zip(&of) {
            let owed = all as f64 * f64::from(weight) / f64::from(total);
            let off = (had as f64 - owed).abs() / 1e6;
            // Stoica and Abdel-Wahab, theorem 1, with the longest slice of all and the tick.
            let most = (slice.max(6 * MS) + MS) as f64 / 1e6;
            assert!(off <= most, "{off} ms at {} of weight {weight}", stint.to);
        }
    }
}

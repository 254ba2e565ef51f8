// SPDX-License-Identifier: GPL-2.0

//! Halt polling: the host looks for a kick for a while before it takes a halted vCPU off its CPU.

use std::{cell::RefCell, rc::Rc};

use machine::{
    words::{compute, exact_time, halt_while, kick, sleep},
    CpuId, GuestId, Machine, Ns, Plan, RoundRobin, VcpuId,
};

const MS: Ns = 1_000_000;
const US: Ns = 1_000;

/// A vCPU halts; another kicks it each `period`. Returns how long its wake-ups take, ascending, and how much
/// of its CPU it had.
fn kicked(halt_poll: Ns, period: Ns) -> (Vec<Ns>, f64) {
    kicked_and_adapting(halt_poll, 0, period)
}

/// The same where polling grows by a factor.
fn kicked_and_adapting(halt_poll: Ns, halt_poll_grow: u64, period: Ns) -> (Vec<Ns>, f64) {
    let plan = Plan {
        halt_poll,
        halt_poll_grow,
        end: 100 * MS,
        ..Plan::new(2)
    };
    let mut machine = Machine::new(plan, Box::new(RoundRobin::new(3 * MS, 1)));
    let shared = Rc::new(RefCell::new((0, Vec::new())));
    let (waker, woken) = (shared.clone(), shared.clone());
    let halts = move || loop {
        halt_while(|| true);
        let (at, took) = &mut *woken.borrow_mut();
        took.push(exact_time() - *at);
    };
    let kicks = move || loop {
        compute(period);
        let now = exact_time();
        waker.borrow_mut().0 = now;
        kick(VcpuId(0));
    };
    machine.add(GuestId(0), Some(CpuId(0)), halts).unwrap();
    machine.add(GuestId(0), Some(CpuId(1)), kicks).unwrap();
    let ended = machine.run();
    let mut took = std::mem::take(&mut shared.borrow_mut().1);
    assert!(took.len() > 50, "{} wake-ups", took.len());
    took.sort_unstable();
    (took, ended.cpu_time[0] as f64 / ended.at as f64)
}

#[test]
fn polling_shortens_wake_ups_and_burns_the_cpu() {
    let (with, without) = (kicked(50 * US, 20 * US), kicked(0, 20 * US));
    let median = |took: &[Ns]| took[took.len() / 2];
    // Half of the kick and an entry, in place of the kick, its latency, and the wake-up.
    assert_eq!(median(&with.0), 750 + 750);
    assert_eq!(median(&without.0), 1_500 + 1_000 + 3_000);
    assert!(with.1 > 0.99, "{} of the CPU", with.1);
    assert!(without.1 < 0.2, "{} of the CPU", without.1);
}

#[test]
fn polling_ends_in_vain_after_its_time() {
    let ((none, idle), (some, polls)) = (kicked(0, 200 * US), kicked(50 * US, 200 * US));
    assert_eq!(
        none[none.len() / 2],
        some[some.len() / 2],
        "no wake-up is shorter"
    );
    let polled = polls - idle;
    assert!(
        (0.22..0.26).contains(&polled),
        "it polls for {polled} of the time"
    );
}

#[test]
fn polling_ends_once_another_vcpu_wants_the_cpu() {
    let plan = Plan {
        halt_poll: 500 * MS,
        ..Plan::new(1)
    };
    let mut machine = Machine::new(plan, Box::new(RoundRobin::new(3 * MS, 1)));
    let halts = || {
        sleep(200 * US);
        halt_while(|| true);
    };
    machine.add(GuestId(0), None, halts).unwrap();
    let other = || {
        let since = exact_time();
        sleep(MS);
        let took = exact_time() - since;
        assert!(took < MS + 10 * US, "{took} ns");
    };
    machine.add(GuestId(1), None, other).unwrap();
    let polled = machine.run().cpu_time[0];
    assert!((700 * US..950 * US).contains(&polled), "{polled} ns");
}

#[test]
fn polling_that_adapts_is_for_frequent_kicks_alone() {
    let adapting = |period| kicked_and_adapting(200 * US, 2, period).1;
    let (often, rarely) = (adapting(20 * US), adapting(1000 * US));
    assert!(often > 0.9, "{often} of the CPU with a kick each 20 us");
    let none = kicked(0, 1000 * US).1;
    assert!(
        (rarely - none).abs() < 0.01,
        "{rarely} and {none}, a kick each ms"
    );
    let always = kicked(200 * US, 1000 * US).1;
    assert!(always > rarely + 0.15, "{always} and {rarely}");
}

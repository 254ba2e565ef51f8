// SPDX-License-Identifier: GPL-2.0

//! Calibrating a simulated machine returns its costs: each of them, also when one is twice what it was.

use abi::{
    lock_load::{Config, Kick},
    primitive::Primitive,
    trial::Load,
};
use calibration::costs;
use machine::{Cost, Costs, Ns, Plan, Quantiles, RoundRobin, Topology};
use results::{LockLoad, Outcome, Report};
use simulate::run;

/// A machine like no other.
fn planted() -> Costs {
    Costs {
        hit: 3,
        rmw: 11,
        fence: 17,
        near: 97,
        far: 233,
        pause: 41,
        stamp: 23,
        exit: 1_700.into(),
        halt: 1_300.into(),
        kick: 1_900.into(),
        kick_latency: 2_300.into(),
        wake: 4_100.into(),
        interrupt: 900.into(),
        ..Costs::default()
    }
}

/// Times the primitives of a machine of two CPUs, `per_socket` of them on a socket, so many times.
fn time_often(costs: &Costs, per_socket: u32, rounds: u64) -> LockLoad {
    let config = Config {
        load: Load::Primitives,
        threads: 2,
        rounds,
        run_ms: 1000,
        ..Config::default()
    };
    let plan = Plan {
        costs: costs.clone(),
        topology: Topology {
            cpus: 2,
            per_core: 1,
            per_socket,
        },
        // A guest's tick, as in a guest.
        tick: 4_000_000,
        ..Plan::new(2)
    };
    let outcome = run(&config, plan, Box::new(RoundRobin::new(3_000_000, 1))).unwrap();
    let report = LockLoad::parse(outcome.report.as_ref().unwrap()).unwrap();
    report.check().unwrap();
    assert_eq!(report.oracle(), Outcome::Skip, "nothing was contended");
    report
}

fn time(costs: &Costs, per_socket: u32) -> LockLoad {
    time_often(costs, per_socket, 200)
}

fn calibrated(of: &Costs, per_socket: u32) -> Costs {
    costs(&time(of, per_socket).primitives, Kick::Hypercall).unwrap()
}

type Field = (&'static str, fn(&mut Costs) -> &mut Ns);
type Distribution = (&'static str, fn(&mut Costs) -> &mut Cost);

/// Those that are exact to a nanosecond.
const FIELDS: [Field; 6] = [
    ("hit", |costs| &mut costs.hit),
    ("rmw", |costs| &mut costs.rmw),
    ("fence", |costs| &mut costs.fence),
    ("near", |costs| &mut costs.near),
    ("pause", |costs| &mut costs.pause),
    ("stamp", |costs| &mut costs.stamp),
];
/// Those that are within 2 % of what they are timed with, and two readings of the clock.
const DISTRIBUTIONS: [Distribution; 6] = [
    ("exit", |costs| &mut costs.exit),
    ("halt", |costs| &mut costs.halt),
    ("kick", |costs| &mut costs.kick),
    ("kick_latency", |costs| &mut costs.kick_latency),
    ("wake", |costs| &mut costs.wake),
    ("interrupt", |costs| &mut costs.interrupt),
];

/// How far `name` may be from `costs`: a wake-up is timed with the kick.
fn tolerance(name: &str, costs: &Costs) -> Ns {
    let mut costs = costs.clone();
    let field = DISTRIBUTIONS.iter().find(|(other, _)| *other == name);
    let own = field.map_or(0, |(_, field)| field(&mut costs).median());
    let timed = match name {
        "wake" => own + costs.kick.median() + costs.kick_latency.median(),
        _ => own,
    };
    timed / 50 + 2 * costs.stamp
}

/// Asserts that each cost of `found` is that of `planted`, within the limits above.
fn assert_returned(mut found: Costs, mut planted: Costs) {
    for (name, field) in FIELDS {
        let (found, planted) = (*field(&mut found), *field(&mut planted));
        assert!(
            found.abs_diff(planted) <= 1,
            "{name}: {found}, not {planted}"
        );
    }
    for (name, field) in DISTRIBUTIONS {
        let most = tolerance(name, &planted);
        let (found, planted) = (field(&mut found).median(), field(&mut planted).median());
        assert!(
            found.abs_diff(planted) <= most,
            "{name}: {found}, not {planted} ± {most}"
        );
    }
}

#[test]
fn calibrating_a_simulated_machine_returns_its_costs() {
    assert_returned(calibrated(&planted(), 2), planted());
    assert_returned(calibrated(&Costs::default(), 2), Costs::default());
}

#[test]
fn cost_that_is_doubled_is_seen_doubled_and_no_other_is() {
    for (_, field) in FIELDS {
        let mut costs = planted();
        *field(&mut costs) *= 2;
        assert_returned(calibrated(&costs, 2), costs);
    }
    for (_, field) in DISTRIBUTIONS {
        let mut costs = planted();
        let doubled = field(&mut costs).median() * 2;
        *field(&mut costs) = Cost::Exact(doubled);
        assert_returned(calibrated(&costs, 2), costs);
    }
}

#[test]
fn line_of_another_socket_costs_what_a_far_line_does() {
    let found = calibrated(&planted(), 1);
    assert!(found.near.abs_diff(planted().far) <= 1, "{}", found.near);
}

#[test]
fn quantiles_of_a_cost_are_returned() {
    let tail = Quantiles {
        min: 1_000,
        p50: 1_500,
        p90: 3_000,
        p99: 9_000,
        p999: 20_000,
        max: 30_000,
    };
    let costs = Costs {
        kick: Cost::Quantiles(tail.clone()),
        ..planted()
    };
    let timed = time_often(&costs, 2, 2000).primitives;
    let found = calibration::costs(&timed, Kick::Hypercall).unwrap().kick;
    let Cost::Quantiles(found) = found else {
        panic!("one cost");
    };
    // Four standard errors of 2,000 samples.
    for (found, planted, most) in [
        (found.p50, tail.p50, tail.p50 / 8),
        (found.p90, tail.p90, tail.p90 / 2),
    ] {
        assert!(found.abs_diff(planted) <= most, "{found}, not {planted}");
    }
    assert!(
        found.max > tail.p90 && found.max <= tail.max + 23,
        "{found:?}"
    );
}

#[test]
fn ball_takes_what_its_transfers_take() {
    let report = time(&planted(), 2);
    let of = |of| report.primitive(of).unwrap().p50_ps;
    // The other's line is read, and taken to be written, before it can be read in turn.
    let transfers = of(Primitive::PingPong) as f64 / of(Primitive::Transfer) as f64;
    assert!((1.5..3.5).contains(&transfers), "{transfers}");
}

#[test]
fn primitives_that_were_not_timed_are_named() {
    let mut timed = time(&planted(), 2).primitives;
    timed.retain(|cost| cost.of != Primitive::Kick);
    assert_eq!(costs(&timed, Kick::Hypercall), Err(vec![Primitive::Kick]));
}

// SPDX-License-Identifier: GPL-2.0

//! `sloppy-counter` on a simulated machine.

use abi::{
    sloppy_counter::{Config, Counter, Work},
    status::OracleState,
    Switch,
};
use machine::{Ns, Plan, Policy, Priorities, RoundRobin};
use results::{Outcome, Report, SloppyCounter};
use simulate::{
    loads::{self, Simulated},
    Failed,
};

const MS: Ns = 1_000_000;

/// Runs `config` on so many CPUs.
fn run(
    config: &Config,
    cpus: u32,
    seed: u64,
    policy: Box<dyn Policy>,
) -> Result<loads::Outcome, Failed> {
    let plan = Plan {
        end: Ns::from(config.run_ms) * MS + 10_000 * MS,
        seed,
        ..Plan::new(cpus)
    };
    config.simulate(plan, policy)
}

fn report(config: &Config, cpus: u32, seed: u64, policy: Box<dyn Policy>) -> SloppyCounter {
    let outcome = run(config, cpus, seed, policy).unwrap();
    let report = SloppyCounter::parse(&outcome.report).unwrap();
    report.check().unwrap();
    report
}

/// In slices of 3 ms.
fn in_turns(config: &Config, cpus: u32) -> SloppyCounter {
    report(config, cpus, 1, Box::new(RoundRobin::new(3 * MS, 1)))
}

fn config(counter: Counter, threads: u32) -> Config {
    Config {
        counter,
        threads,
        run_ms: 1,
        ..Config::default()
    }
}

/// The counters that promise to count, and are simulated.
fn sound() -> impl Iterator<Item = Counter> {
    let others = [
        Counter::Empty,
        Counter::Busted,
        Counter::PercpuCounter,
        Counter::PercpuRef,
    ];
    Counter::ALL
        .iter()
        .copied()
        .filter(move |counter| !others.contains(counter))
}

#[test]
fn same_seed_is_the_same_run() {
    for counter in [
        Counter::Exact,
        Counter::Sloppy,
        Counter::Hierarchical,
        Counter::SloppyRef,
    ] {
        let hash = |seed| {
            let policy = Box::new(RoundRobin::new(3 * MS, seed));
            run(&config(counter, 6), 2, seed, policy)
                .unwrap()
                .machine
                .hash
        };
        assert_eq!(hash(1), hash(1), "{counter}");
        assert_ne!(hash(1), hash(2), "{counter}");
    }
}

/// A seed is a result for ever, whatever compiler and machine have built what runs it.
#[test]
fn hash_of_all_counters_is_the_same_on_every_machine() {
    let hash = |counter| {
        let policy = Box::new(RoundRobin::new(3 * MS, 1));
        let outcome = run(&config(counter, 6), 2, 1, policy);
        outcome.unwrap().machine.hash
    };
    let hash = sound()
        .map(hash)
        .fold(0_u64, |sum, hash| sum.rotate_left(1) ^ hash);
    assert_eq!(format!("{hash:016x}"), "1e4cde6ad56fa0e0");
}

#[test]
fn sums_are_exact_though_a_vcpu_is_preempted_at_any_word() {
    for counter in sound() {
        for seed in 1..=20 {
            let config = Config {
                burst: 64,
                threshold: 8,
                node_threshold: 16,
                ..config(counter, 5)
            };
            let report = report(&config, 2, seed, Box::new(Priorities::new(seed)));
            assert_eq!(
                report.outcome(),
                Outcome::Pass,
                "{counter}, seed {seed}: {}",
                report.sum
            );
        }
    }
}

#[test]
fn every_work_keeps_its_promises_though_a_vcpu_is_preempted_at_any_word() {
    for work in [Work::Refs, Work::Ids, Work::Limit, Work::Many] {
        for seed in 1..=20 {
            let config = Config {
                work,
                objects: 20,
                threshold: 8,
                ..config(Counter::Sloppy, 5)
            };
            let report = report(&config, 2, seed, Box::new(Priorities::new(seed)));
            assert_eq!(
                report.outcome(),
                Outcome::Pass,
                "{work}, seed {seed}: {:?}",
                report.check
            );
        }
    }
}

#[test]
fn counter_that_loses_additions_is_caught_on_every_seed() {
    for seed in 1..=100 {
        let policy = Box::new(RoundRobin::new(3 * MS, seed));
        let report = report(&config(Counter::Busted, 2), 2, seed, policy);
        assert_eq!(report.sum.total, OracleState::Broken, "seed {seed}");
        assert_eq!(report.outcome(), Outcome::Caught, "seed {seed}");
    }
}

#[test]
fn spinlocked_counter_collapses_where_the_sloppy_one_scales() {
    let rate = |counter, vcpus| in_turns(&config(counter, vcpus), vcpus).rate();
    let (few, many) = (rate(Counter::Spinlocked, 2), rate(Counter::Spinlocked, 32));
    assert!(
        many < few,
        "spinlocked: {few:.0} with 2 vCPUs, {many:.0} with 32"
    );
    let sloppy = |vcpus| {
        let config = Config {
            threshold: 4096,
            ..config(Counter::Sloppy, vcpus)
        };
        in_turns(&config, vcpus).rate()
    };
    let (few, many) = (sloppy(2), sloppy(32));
    assert!(
        many > 4.0 * few,
        "sloppy: {few:.0} with 2 vCPUs, {many:.0} with 32"
    );
}

/// The rest is carried over to one cache line, once in so many additions.
#[test]
fn higher_threshold_is_faster_under_contention_and_less_exact() {
    let runs = [1, 16, 256].map(|threshold| {
        let config = Config {
            threshold,
            ..config(Counter::Sloppy, 32)
        };
        let report = in_turns(&config, 32);
        (report.rate(), report.sum.bound)
    });
    let [(exact, 0), (low, small), (high, large)] = runs else {
        panic!("a threshold of 1 is exact: {runs:?}");
    };
    assert!(
        low > 2.0 * exact && high > 2.0 * low && large > small,
        "{runs:?}"
    );
}

#[test]
fn audited_reads_are_within_their_bound_on_overcommitted_vcpus() {
    let config = Config {
        audit: Switch::On,
        reads: 10,
        run_ms: 10,
        burst: 256,
        ..config(Counter::Sloppy, 8)
    };
    let report = in_turns(&config, 2);
    let audit = report.audit.unwrap();
    assert!(audit.samples > 100 && audit.broken == 0, "{audit}");
    assert!(0 < audit.worst && audit.worst <= audit.bound, "{audit}");
}

#[test]
fn settings_and_counters_that_need_a_guest_are_refused_by_name() {
    let adds = config(Counter::Sloppy, 2);
    let refused = [
        ("fold_ms", Config { fold_ms: 1, ..adds }),
        ("irq_ms", Config { irq_ms: 1, ..adds }),
        (
            "change_ms",
            Config {
                change_ms: 1,
                ..adds
            },
        ),
        (
            "onoff_ms",
            Config {
                onoff_ms: 1,
                ..adds
            },
        ),
        ("percpu_counter", config(Counter::PercpuCounter, 2)),
        ("percpu_ref", config(Counter::PercpuRef, 2)),
    ];
    for (name, config) in refused {
        let refused = run(&config, 2, 1, Box::new(RoundRobin::new(3 * MS, 1)));
        let why = refused.map(|_| ()).unwrap_err().to_string();
        assert!(why.contains(name), "{name}: {why}");
    }
}

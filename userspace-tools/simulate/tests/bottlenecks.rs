// SPDX-License-Identifier: GPL-2.0

//! `bottleneck` on a simulated machine: every case and variant whose code is in `algo`.

use abi::{
    bottleneck::{Config, Facts, Kind, Lock, Variant},
    status::OracleState,
};
use machine::{Ns, Plan, Policy, Priorities, RoundRobin};
use results::{Bottleneck, Outcome, Report, Settings};
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

fn report(config: &Config, cpus: u32, seed: u64, policy: Box<dyn Policy>) -> Bottleneck {
    let outcome = run(config, cpus, seed, policy).unwrap();
    let report = Bottleneck::parse(&outcome.report).unwrap();
    report.check().unwrap();
    report
}

/// What is simulated, in the settings that put its promises to the test.
fn simulated() -> impl Iterator<Item = Config> {
    let variants =
        |facts: &'static Facts| facts.variants.iter().map(move |&variant| (facts, variant));
    let all = Facts::all().flat_map(variants).map(|(facts, variant)| {
        let mut config = Config::default();
        config.take(facts.check, 64).unwrap();
        Config {
            case: facts.kind,
            variant,
            lock: Lock::PvQueued,
            run_ms: 1,
            ..config
        }
    });
    let is_simulated = |config: &Config| {
        config.case != Kind::PageClear && !matches!(config.variant, Variant::Mutex | Variant::Rwsem)
    };
    all.filter(is_simulated).map(|config| match config.case {
        // A write is an unmount, which interrupts every vCPU.
        Kind::MountCount => Config {
            write_permille: 0,
            ..config
        },
        _ => config,
    })
}

#[test]
fn same_seed_is_the_same_run() {
    for config in simulated() {
        let config = Config {
            threads: 4,
            ..config
        };
        let hash = |seed| {
            let policy = Box::new(Priorities::new(seed));
            run(&config, 2, seed, policy).unwrap().machine.hash
        };
        assert_eq!(hash(1), hash(1), "{config}");
        assert_ne!(hash(1), hash(2), "{config}");
    }
}

/// A seed is a result for ever, whatever compiler and machine have built what runs it.
#[test]
fn hash_of_all_variants_is_the_same_on_every_machine() {
    let hash = |config: Config| {
        let config = Config {
            threads: 4,
            ..config
        };
        let outcome = run(&config, 2, 1, Box::new(Priorities::new(1)));
        outcome.unwrap().machine.hash
    };
    let hash = simulated()
        .map(hash)
        .fold(0_u64, |sum, hash| sum.rotate_left(1) ^ hash);
    assert_eq!(format!("{hash:016x}"), "df2c1c994d423afe");
}

#[test]
fn every_variant_keeps_its_promises_though_a_vcpu_is_preempted_at_any_word() {
    for config in simulated().filter(|config| config.variant != Variant::Busted) {
        for seed in 1..=4 {
            let config = Config {
                threads: 5,
                ..config
            };
            let report = report(&config, 2, seed, Box::new(Priorities::new(seed)));
            assert_eq!(
                report.outcome(),
                Outcome::Pass,
                "{config}, seed {seed}: {}",
                report.wrongs()
            );
        }
    }
}

/// Eight vCPUs on four CPUs, in slices of 300 us.
#[test]
fn broken_variant_is_caught_on_every_seed() {
    for config in simulated().filter(|config| config.variant == Variant::Busted) {
        let config = Config {
            threads: 8,
            run_ms: 3,
            ..config
        };
        // Few unmounts of one mount, so that its cache entry is used between two.
        let config = match config.case {
            Kind::MountLookup => Config {
                size: 1,
                write_permille: 20,
                ..config
            },
            _ => config,
        };
        for seed in 1..=100 {
            let report = report(
                &config,
                4,
                seed,
                Box::new(RoundRobin::new(MS * 3 / 10, seed)),
            );
            assert_eq!(
                report.sum.verdict,
                OracleState::Broken,
                "{config}, seed {seed}"
            );
            assert_eq!(report.outcome(), Outcome::Caught, "{config}, seed {seed}");
        }
    }
}

#[test]
fn a_fix_beats_its_baseline_with_64_vcpus() {
    for facts in Facts::all() {
        let fix = match facts.kind {
            Kind::FileList | Kind::MountCount | Kind::Ids | Kind::Stats => Variant::Percpu,
            Kind::PathWalk | Kind::MountLookup => Variant::Rcu,
            Kind::Hash => Variant::Lockfree,
            Kind::Lru => Variant::Lazy,
            Kind::PeerRef => Variant::Collected,
            Kind::Readahead => Variant::Ifchanged,
            Kind::AnonChain => Variant::Batched,
            Kind::PageClear => continue,
        };
        let rate = |variant| {
            let config = Config {
                case: facts.kind,
                variant,
                threads: 64,
                run_ms: 1,
                burst: 64,
                idle_ns: 10_000,
                ..Config::default()
            };
            report(&config, 64, 1, Box::new(RoundRobin::new(3 * MS, 1))).rate()
        };
        let (baseline, fixed) = (rate(facts.baseline().unwrap()), rate(fix));
        assert!(
            fixed > baseline,
            "{}, {fix}: {baseline:.0}, {fixed:.0}",
            facts.kind
        );
    }
}

#[test]
fn cases_and_variants_that_need_a_guest_are_refused_by_name() {
    let base = Config::default();
    let refused = [
        ("page_clear", Kind::PageClear, Variant::Inside, 0),
        ("write_permille", Kind::MountCount, Variant::Percpu, 5),
        ("mutex", Kind::AnonChain, Variant::Mutex, 0),
        ("rwsem", Kind::AnonChain, Variant::Rwsem, 0),
    ];
    for (name, case, variant, write_permille) in refused {
        let config = Config {
            case,
            variant,
            write_permille,
            ..base
        };
        let refused = run(&config, 2, 1, Box::new(RoundRobin::new(3 * MS, 1)));
        let why = refused.map(|_| ()).unwrap_err().to_string();
        assert!(why.contains(name), "{name}: {why}");
    }
}

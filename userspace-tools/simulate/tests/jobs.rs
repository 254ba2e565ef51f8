// SPDX-License-Identifier: GPL-2.0

//! `job-runner` on a simulated machine.

use abi::{
    job_runner::{Config, JobEnd, JobFunction, Policy as ChunkPolicy, Start, Switch},
    status::OracleState,
};
use machine::{Ns, Plan, Policy, Priorities, RoundRobin, Stop, VcpuId};
use results::{JobRunner, Outcome, Report};
use simulate::{
    loads::{self, Simulated},
    Failed,
};

const MS: Ns = 1_000_000;

fn plan(cpus: u32, seed: u64) -> Plan {
    Plan {
        end: 20_000 * MS,
        seed,
        ..Plan::new(cpus)
    }
}

fn run(config: &Config, plan: Plan, policy: Box<dyn Policy>) -> Result<loads::Outcome, Failed> {
    config.simulate(plan, policy)
}

fn report(config: &Config, plan: Plan, policy: Box<dyn Policy>) -> JobRunner {
    let outcome = run(config, plan, policy).unwrap();
    let report = JobRunner::parse(&outcome.report).unwrap();
    report.check().unwrap();
    report
}

/// In slices of 3 ms.
fn in_turns(config: &Config, plan: Plan) -> JobRunner {
    let policy = RoundRobin::new(3 * MS, plan.seed);
    report(config, plan, Box::new(policy))
}

fn config(policy: ChunkPolicy, max_threads: u32) -> Config {
    Config {
        policy,
        max_threads,
        helpers: 100,
        ..Config::default()
    }
}

fn sound() -> impl Iterator<Item = ChunkPolicy> {
    ChunkPolicy::ALL
        .iter()
        .copied()
        .filter(|policy| !policy.is_busted())
}

#[test]
fn same_seed_is_the_same_run() {
    for policy in sound() {
        let hash = |seed| {
            let hypervisor = Box::new(RoundRobin::new(3 * MS, seed));
            run(&config(policy, 6), plan(2, seed), hypervisor)
                .unwrap()
                .machine
                .hash
        };
        assert_eq!(hash(1), hash(1), "{policy}");
        assert_ne!(hash(1), hash(2), "{policy}");
    }
}

/// A seed is a result for ever, whatever compiler and machine have built what runs it.
#[test]
fn hash_of_all_policies_is_the_same_on_every_machine() {
    let hash = |policy| {
        let hypervisor = Box::new(RoundRobin::new(3 * MS, 1));
        let outcome = run(&config(policy, 6), plan(2, 1), hypervisor);
        outcome.unwrap().machine.hash
    };
    let hash = sound()
        .map(hash)
        .fold(0_u64, |sum, hash| sum.rotate_left(1) ^ hash);
    assert_eq!(format!("{hash:016x}"), "d413c2044ef06996");
}

#[test]
fn every_index_is_done_once_though_a_vcpu_is_preempted_at_any_word() {
    for policy in sound() {
        let mut preemptions = 0;
        for seed in 1..=100 {
            let config = Config {
                size: 1000,
                ..config(policy, 5)
            };
            let outcome = run(&config, plan(2, seed), Box::new(Priorities::new(seed))).unwrap();
            preemptions += outcome.machine.counts.preemptions;
            let report = JobRunner::parse(&outcome.report).unwrap();
            report.check().unwrap();
            let sum = report.sum;
            assert_eq!(
                report.outcome(),
                Outcome::Pass,
                "{policy}, seed {seed}: {sum}"
            );
            assert_eq!(
                (sum.once, sum.workers),
                (1000, 5),
                "{policy}, seed {seed}: {sum}"
            );
        }
        assert!(preemptions > 1000, "{policy}: {preemptions}");
    }
}

#[test]
fn policy_that_repeats_or_drops_an_index_is_caught_on_every_seed() {
    for policy in ChunkPolicy::ALL
        .iter()
        .copied()
        .filter(|policy| policy.is_busted())
    {
        for seed in 1..=100 {
            let report = in_turns(&config(policy, 4), plan(2, seed));
            assert_eq!(
                report.sum.coverage,
                OracleState::Broken,
                "{policy}, seed {seed}"
            );
            assert_eq!(report.outcome(), Outcome::Caught, "{policy}, seed {seed}");
        }
    }
}

#[test]
fn job_that_fails_undoes_what_was_done() {
    for seed in 1..=20 {
        let config = Config {
            job: JobFunction::Fault,
            undo: Switch::On,
            ..config(ChunkPolicy::Stealing, 5)
        };
        let report = report(&config, plan(2, seed), Box::new(Priorities::new(seed)));
        assert_eq!(report.timing.ended, JobEnd::Failed, "seed {seed}");
        assert_eq!(
            (report.fault.index, report.sum.coverage),
            (1000, OracleState::Held),
            "seed {seed}"
        );
        assert_eq!(report.timing.undone, report.sum.once, "seed {seed}");
    }
}

/// Four workers on CPUs of their own, with 20 ms of work each; the vCPU of one is stopped for 50 ms.
#[test]
fn stealing_beats_equal_parts_when_the_vcpu_of_a_worker_is_stopped() {
    let time = |policy, is_stopped| {
        let config = Config {
            size: 80_000,
            ..config(policy, 4)
        };
        let stop = Stop {
            at: 5 * MS,
            vcpu: VcpuId(2),
            ns: 50 * MS,
        };
        let plan = Plan {
            stops: if is_stopped { vec![stop] } else { Vec::new() },
            ..plan(4, 1)
        };
        in_turns(&config, plan).time_ms()
    };
    let equal_parts = time(ChunkPolicy::Static, true);
    assert!(
        equal_parts > 65.0,
        "the stopped worker has its whole part to do: {equal_parts} ms"
    );
    for policy in [ChunkPolicy::Stealing, ChunkPolicy::StealAware] {
        let (undisturbed, stopped) = (time(policy, false), time(policy, true));
        assert!(undisturbed < 25.0, "{policy}: {undisturbed} ms");
        // One call of a millisecond waits for the stopped vCPU.
        assert!(
            stopped < 0.9 * equal_parts,
            "{policy}: {stopped} of {equal_parts} ms"
        );
    }
}

#[test]
fn overcommitted_workers_take_the_time_of_the_cpus() {
    for policy in sound() {
        let time = |vcpus| in_turns(&config(policy, vcpus), plan(2, 1)).time_ms();
        let (two, eight) = (time(2), time(8));
        assert!(eight < 8.0 * two, "{policy}: {two} and {eight} ms");
    }
}

#[test]
fn settings_that_need_a_guest_are_refused_by_name() {
    let base = config(ChunkPolicy::Static, 2);
    let refused = [
        (
            "job",
            Config {
                job: JobFunction::Sum,
                ..base
            },
        ),
        ("nodes", Config { nodes: 2, ..base }),
        (
            "begin",
            Config {
                begin: Start::QueueWork,
                ..base
            },
        ),
        ("callers", Config { callers: 2, ..base }),
        (
            "nested",
            Config {
                nested: Switch::On,
                ..base
            },
        ),
        ("check", Config { check: 10, ..base }),
        (
            "plain",
            Config {
                plain: Switch::On,
                ..base
            },
        ),
    ];
    for (name, config) in refused {
        let refused = run(&config, plan(2, 1), Box::new(RoundRobin::new(3 * MS, 1)));
        let why = refused.map(|_| ()).unwrap_err().to_string();
        assert!(why.contains(name), "{name}: {why}");
    }
}

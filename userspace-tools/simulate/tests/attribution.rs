// SPDX-License-Identifier: GPL-2.0

//! The lab's own instrument, tested against the truth: the cause of each long wait.

use abi::lock_load::{Config, Lock};
use machine::{Fair, Ns, Plan, Policy};
use results::{LockLoad, Report};
use simulate::{
    attribution::{began, counterfactual, Matrix},
    run,
    truth::{long_waits, Wait},
};

const MS: Ns = 1_000_000;

fn config(lock: Lock) -> Config {
    Config {
        lock,
        threads: 8,
        run_ms: 200,
        long_us: 500,
        ..Config::default()
    }
}

fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        end: 60_000 * MS,
        tick: 4 * MS,
        keeps_log: true,
        ..Plan::new(2)
    }
}

fn policy(seed: u64) -> Box<dyn Policy> {
    Box::new(Fair::new(2, 3 * MS, MS, seed))
}

/// The true waits of a run, what its report says, and when it began.
fn waits(config: &Config, seed: u64) -> (Vec<Wait>, LockLoad, Ns) {
    let outcome = run(config, plan(seed), policy(seed)).unwrap();
    let report = LockLoad::parse(outcome.report.as_ref().unwrap()).unwrap();
    let began = began(&outcome.machine.log);
    let least = Ns::from(config.long_us) * 1000;
    let mut waits = long_waits(
        &outcome.machine.log,
        8,
        least,
        config.lock.facts().order().hands_over(),
    );
    waits.retain(|wait| wait.came >= began);
    (waits, report, began)
}

fn matrix(lock: Lock, seeds: u64) -> Matrix {
    let mut matrix = Matrix::default();
    for seed in 1..=seeds {
        let (truth, report, began) = waits(&config(lock), seed);
        matrix.add(&truth, &report.logged_waits, began);
    }
    matrix
}

#[test]
fn causes_of_ordered_locks_are_right() {
    for lock in [Lock::Ticket, Lock::McsSpin, Lock::ClhSpin] {
        let matrix = matrix(lock, 10);
        let (all, right) = matrix.right();
        println!("{}: {right} of {all}: {matrix:?}", lock.name());
        assert!(
            all >= 100 && right * 100 >= all * 95,
            "{}: {matrix:?}",
            lock.name()
        );
    }
}

#[test]
fn causes_of_unordered_locks_are_right() {
    for lock in [Lock::Tas, Lock::Ttas, Lock::PvByte, Lock::PreemptableTicket] {
        let matrix = matrix(lock, 10);
        let (all, right) = matrix.right();
        println!("{}: {right} of {all}: {matrix:?}", lock.name());
        assert!(
            all >= 30 && right * 100 >= all * 85,
            "{}: {matrix:?}",
            lock.name()
        );
    }
}

/// Spinning for a slice is no lost time, though the looks of a waiter cost the simulator no event.
#[test]
fn lost_time_in_the_report_is_time_without_a_cpu() {
    for lock in [Lock::Ticket, Lock::McsSpin, Lock::Ttas, Lock::PvByte] {
        let outcome = run(&config(lock), plan(1), policy(1)).unwrap();
        let report = LockLoad::parse(outcome.report.as_ref().unwrap()).unwrap();
        let stolen: Ns = outcome.machine.vcpus.iter().map(|(stolen, _)| stolen).sum();
        let lost = report.cpu_time.unwrap().lost_ns;
        println!("{}: {lost} of {stolen}", lock.name());
        let off = lost.abs_diff(stolen) as f64 / stolen as f64;
        assert!(off < 0.1, "{}: {lost} of {stolen}", lock.name());
    }
}

#[test]
fn counterfactual_agrees_with_the_truth() {
    for (lock, least) in [(Lock::Ticket, 95), (Lock::McsSpin, 95), (Lock::Ttas, 85)] {
        // All that came before a wait is simulated again for each: a tenth of the sections, as many preemptions.
        let config = Config {
            hold_ns: 2000,
            idle_ns: 2000,
            ..config(lock)
        };
        let of_seed = |seed| {
            let (truth, ..) = waits(&config, seed);
            let some: Vec<Wait> = truth.into_iter().take(20).collect();
            counterfactual(&config, &plan(seed), || policy(seed), &some).unwrap()
        };
        let (one, two) = std::thread::scope(|threads| {
            let other = threads.spawn(|| of_seed(2));
            (of_seed(1), other.join().unwrap())
        });
        let (all, agree) = (one.0 + two.0, one.1 + two.1);
        println!("{}: {agree} of {all}", lock.name());
        assert!(
            all >= 20 && agree * 100 >= all * least,
            "{}: {agree} of {all}",
            lock.name()
        );
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Every lock of the list on a simulated machine.

use abi::lock_load::{Config, Lock, ModeWanted, Origin};
use algo::lock::PvTicket;
use machine::{Ns, Plan, RoundRobin};
use results::{LockLoad, Report};
use simulate::{run, run_type, Outcome};

const MS: Ns = 1_000_000;

/// Runs `lock` for `ms`: so many vCPUs on so many CPUs, in slices of 3 ms.
fn contest(lock: Lock, vcpus: u32, cpus: u32, ms: Ns, change: impl Fn(&mut Plan)) -> Outcome {
    let config = Config {
        lock,
        threads: vcpus,
        run_ms: ms as u32,
        histograms: lock.histograms(),
        ..Config::default()
    };
    let mut plan = Plan {
        end: (ms + 1000) * MS,
        ..Plan::new(cpus)
    };
    change(&mut plan);
    let policy = Box::new(RoundRobin::new(3 * MS, plan.seed));
    run(&config, plan, policy).unwrap()
}

fn report(outcome: &Outcome) -> LockLoad {
    let text = outcome.report.as_ref().unwrap();
    let report = LockLoad::parse(text).unwrap();
    report.check().unwrap();
    report
}

/// Runs `lock` with so many readers: 6 vCPUs on 2 CPUs, in slices of 3 ms.
fn with_readers(lock: Lock, readers_pct: u32) -> LockLoad {
    let config = Config {
        lock,
        readers_pct,
        threads: 6,
        run_ms: 100,
        ..Config::default()
    };
    let plan = Plan {
        end: 2000 * MS,
        ..Plan::new(2)
    };
    let policy = Box::new(RoundRobin::new(3 * MS, plan.seed));
    report(&run(&config, plan, policy).unwrap())
}

#[test]
fn readers_share_and_exclude_writers() {
    for lock in sound().filter(|lock| lock.facts().shares && !lock.facts().admits_readers) {
        for readers_pct in [50, 99, 100] {
            let report = with_readers(lock, readers_pct);
            let name = lock.name();
            assert_eq!(
                report.outcome(),
                results::Outcome::Pass,
                "{name} {readers_pct}"
            );
            assert!(report.sharing.unwrap().reads > 0, "{name}");
        }
    }
    let busted = with_readers(Lock::BustedReaders, 99);
    assert_eq!(busted.outcome(), results::Outcome::Caught);
}

/// The locks that promise to exclude and wake their waiters.
fn sound() -> impl Iterator<Item = Lock> {
    let all = Lock::ALL.iter().copied();
    all.filter(|lock| {
        let facts = lock.facts();
        let is_simulated = facts.origin != Origin::Kernel || *lock == Lock::KernelRawSpin;
        is_simulated && !facts.promises_nothing && !facts.never_excludes && !facts.drops_kicks
    })
}

#[test]
fn every_lock_excludes_and_no_thread_starves_at_a_fair_one() {
    for lock in sound() {
        for (vcpus, cpus) in [(1, 1), (4, 4), (6, 2)] {
            let outcome = contest(lock, vcpus, cpus, 200, |_| ());
            assert_eq!(
                (outcome.lost_updates, outcome.stuck),
                (0, 0),
                "{}",
                lock.name()
            );
            let report = report(&outcome);
            let least = report.sum.min;
            let fair = lock.facts().order().hands_over();
            assert!(
                !fair || least > 3,
                "{}, {vcpus} on {cpus}: {least}",
                lock.name()
            );
        }
    }
}

#[test]
fn lock_that_does_not_exclude_is_caught_on_every_seed() {
    for seed in 1..=100 {
        let outcome = contest(Lock::Busted, 2, 2, 1, |plan| plan.seed = seed);
        assert!(outcome.lost_updates > 0, "seed {seed}");
    }
}

#[test]
fn dropped_kick_is_caught_on_every_seed() {
    for seed in 1..=100 {
        let change = |plan: &mut Plan| plan.seed = seed;
        let busted = contest(Lock::McsBusted, 2, 2, 20, change);
        let sound = contest(Lock::McsHalt, 2, 2, 20, change);
        assert!(
            busted.stuck > 0,
            "seed {seed}: nothing ends a halt but the kick"
        );
        assert!(sound.stuck == 0 && sound.sections > 500, "seed {seed}");
    }
}

/// A periodic tick ends the halts of a lock whose kicks are dropped, at most once each.
#[test]
fn tick_ends_a_halt_that_no_kick_ends() {
    let outcome = contest(Lock::McsBusted, 2, 2, 400, |plan| plan.tick = 4 * MS);
    // One for each tick of each vCPU, and those of the ends.
    let most = 2 * (400 / 4 + 2);
    assert!(
        (20..most).contains(&outcome.sections),
        "{}",
        outcome.sections
    );
}

#[test]
fn same_seed_is_the_same_run() {
    for lock in [
        Lock::Ticket,
        Lock::PvQueued,
        Lock::KernelRawSpin,
        Lock::Ttas,
    ] {
        let hash = |seed| {
            contest(lock, 6, 2, 50, |plan| plan.seed = seed)
                .machine
                .hash
        };
        assert_eq!(hash(1), hash(1), "{}", lock.name());
        assert_ne!(hash(1), hash(2), "{}", lock.name());
    }
}

/// A seed is a result for ever, whatever compiler and machine have built what runs it. A change of the model, of a lock
/// or of the default costs changes the hash, and nothing else does.
#[test]
fn hash_of_all_locks_is_the_same_on_every_machine() {
    let all = sound().map(|lock| contest(lock, 6, 2, 20, |_| ()).machine.hash);
    let hash = all.fold(0_u64, |sum, hash| sum.rotate_left(1) ^ hash);
    assert_eq!(format!("{hash:016x}"), "c2bc243fe70c1b7f");
}

#[test]
fn looks_without_events_change_no_ordered_lock() {
    for lock in sound().filter(|lock| lock.facts().order().hands_over()) {
        let sections = |elides| contest(lock, 6, 2, 60, |plan| plan.elides = elides).sections;
        let (with, without) = (sections(true), sections(false));
        let off = with.abs_diff(without) as f64 / without as f64;
        assert!(off <= 0.001, "{}: {with} and {without}", lock.name());
    }
}

#[test]
fn halting_and_yielding_ends_the_storm_of_an_overcommitted_queue() {
    let sections = |lock| contest(lock, 8, 2, 500, |_| ()).sections;
    let spins = sections(Lock::McsSpin);
    for lock in [
        Lock::McsHalt,
        Lock::McsSpinThenHalt,
        Lock::PvTicket,
        Lock::McsYield,
    ] {
        assert!(sections(lock) > 20 * spins, "{}: {spins}", lock.name());
    }
}

/// Sections of 50 ms with as many slots, 128 vCPUs on 16 CPUs: above 64 waiters, those without a slot spin, and
/// take their CPU from the one that is served next.
#[test]
fn paravirt_ticket_of_64_slots_collapses_at_128_vcpus_and_one_of_256_does_not() {
    fn sections<const SLOTS: usize>(seed: u64) -> u64 {
        let config = Config {
            lock: Lock::PvTicket,
            threads: 128,
            run_ms: 50,
            ..Config::default()
        };
        let plan = Plan {
            seed,
            end: 1050 * MS,
            ..Plan::new(16)
        };
        let policy = Box::new(RoundRobin::new(3 * MS, seed));
        let outcome = run_type::<PvTicket<SLOTS>>(&config, plan, policy).unwrap();
        report(&outcome).rate() as u64
    }
    for seed in 1..=3 {
        let (before, after) = (sections::<64>(seed), sections::<256>(seed));
        println!("seed {seed}: 64 slots {before}/s, 256 slots {after}/s");
        assert!(after > 50 * before, "seed {seed}: {before} and {after}");
    }
}

#[test]
fn paravirt_ticket_has_a_slot_for_every_waiter() {
    for (vcpus, cpus) in [(128, 16), (512, 64)] {
        let sections = |lock| contest(lock, vcpus, cpus, 50, |_| ()).sections;
        let (ticket, queue) = (sections(Lock::PvTicket), sections(Lock::McsSpinThenHalt));
        assert!(
            ticket * 10 > queue * 9,
            "{vcpus} vCPUs: {ticket} and {queue}"
        );
    }
}

#[test]
fn kernel_lock_in_both_modes() {
    let sections = |mode| {
        let config = Config {
            lock: Lock::KernelRawSpin,
            threads: 8,
            run_ms: 100,
            mode,
            ..Config::default()
        };
        let outcome = run(&config, Plan::new(2), Box::new(RoundRobin::new(3 * MS, 1))).unwrap();
        assert_eq!((outcome.lost_updates, outcome.stuck), (0, 0));
        let report = report(&outcome);
        let stolen = report
            .events
            .iter()
            .find(|event| event.name == "pv_lock_stealing");
        (outcome.sections, stolen.unwrap().count)
    };
    let ((pv, stolen), (tas, none)) = (sections(ModeWanted::Pv), sections(ModeWanted::Tas));
    assert!(pv > 10_000 && tas > 10_000 && stolen > 0 && none == 0);
}

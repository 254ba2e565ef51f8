// SPDX-License-Identifier: GPL-2.0

//! Kinds of the figures of real reports, by tier and by CPUs.

use results::{fixture, AnyReport, Kind, Place};
use vm_record::Tier;

fn place(tier: Tier, cpus: u32) -> Place {
    Place {
        tier,
        costs: None,
        hypervisor: None,
        vcpus: 8,
        cpus,
        is_disturbed: false,
    }
}

/// A report with this many threads.
fn lock_load(lock: &str, threads: u32) -> AnyReport {
    let mut report = fixture!(LockLoad, "lock-load.ticket");
    report.config.lock = lock.parse().unwrap();
    report.config.threads = threads;
    report.into()
}

#[test]
fn contended_lock_that_spins_is_of_the_slice_above_one_vcpu_per_cpu() {
    let kind =
        |lock, threads, tier, cpus| lock_load(lock, threads).kind("value", &place(tier, cpus));
    assert_eq!(kind("ticket", 8, Tier::Tcg, 2), Kind::Slice);
    assert_eq!(kind("ticket", 8, Tier::Kvm, 2), Kind::Slice);
    assert_eq!(kind("ticket", 2, Tier::Tcg, 2), Kind::Emulation);
    assert_eq!(kind("ticket", 1, Tier::Nested, 1), Kind::Emulation);
    assert_eq!(kind("ticket", 2, Tier::Kvm, 2), Kind::Coherence);
    assert_eq!(kind("mcs/halt", 8, Tier::Tcg, 2), Kind::Emulation);
    assert_eq!(kind("busted", 8, Tier::Tcg, 2), Kind::Emulation);
    assert_eq!(kind("ticket", 8, Tier::Count, 1), Kind::Count);
}

#[test]
fn order_and_counts_are_so_wherever_they_are_measured() {
    for (tier, cpus) in [(Tier::Tcg, 1), (Tier::Kvm, 8), (Tier::Count, 1)] {
        let kind = |metric| lock_load("ticket", 8).kind(metric, &place(tier, cpus));
        for metric in ["jain", "overtaken"] {
            assert_eq!(kind(metric), Kind::Order);
        }
        for metric in ["halts", "kicks", "lost", "long_waits"] {
            assert_eq!(kind(metric), Kind::Count);
        }
    }
}

#[test]
fn injected_preemption_stops_halting_locks_too() {
    let disturbed = Place {
        is_disturbed: true,
        ..place(Tier::Tcg, 8)
    };
    assert_eq!(
        lock_load("mcs/halt", 2).kind("wait_p99", &disturbed),
        Kind::Slice
    );
}

#[test]
fn shared_counter_is_of_coherence_and_a_lone_one_is_not() {
    let kind = |threads| {
        let mut report = fixture!(SloppyCounter, "sloppy-counter.sloppy");
        report.config.threads = threads;
        AnyReport::from(report).kind("rate", &place(Tier::Tcg, 2))
    };
    assert_eq!((kind(1), kind(8)), (Kind::Emulation, Kind::Coherence));
}

// SPDX-License-Identifier: GPL-2.0

//! Each mode as a 7.3 kernel logged it, and what is refused.

use super::*;

fn hello(vcpus: u32, hypervisor: bool, lock_log: &[&str]) -> Hello {
    Hello {
        version: wire::VERSION,
        nonce: String::new(),
        release: String::new(),
        vcpus,
        uptime_ms: 0,
        hypervisor,
        lock_log: lock_log.iter().map(|&line| line.to_owned()).collect(),
    }
}

const KVM: &str = "Hypervisor detected: KVM";
const ENABLED: &str = "kvm-guest: PV spinlocks enabled";
const TABLE: &str = "PV qspinlock hash table entries: 256 (order: 0, 4096 bytes, linear)";

#[test]
fn each_mode_is_known_by_its_line() {
    let disabled = [
        (
            "kvm-guest: PV spinlocks disabled, forced by \"nopvspin\" parameter",
            Mode::Native,
        ),
        (
            "kvm-guest: PV spinlocks disabled, no host support",
            Mode::Tas,
        ),
        (
            "kvm-guest: PV spinlocks disabled with KVM_HINTS_REALTIME hints",
            Mode::Dedicated,
        ),
        ("kvm-guest: PV spinlocks disabled, single CPU", Mode::Single),
    ];
    for (line, mode) in disabled {
        assert_eq!(active(&hello(8, true, &[KVM, line])), Some(mode), "{line}");
    }
    assert_eq!(
        active(&hello(8, true, &[KVM, ENABLED, TABLE])),
        Some(Mode::Pv)
    );
}

#[test]
fn what_the_kernel_did_not_say_is_not_taken_for_a_mode() {
    assert_eq!(active(&hello(8, true, &[KVM])), None);
    assert_eq!(
        active(&hello(8, true, &[KVM, ENABLED])),
        None,
        "enabled but never set up"
    );
}

#[test]
fn without_kvm_the_processor_decides() {
    assert_eq!(active(&hello(8, true, &[])), Some(Mode::Tas));
    assert_eq!(active(&hello(8, false, &[])), Some(Mode::Native));
    assert_eq!(active(&hello(1, true, &[])), Some(Mode::Single));
}

#[test]
fn another_mode_than_the_one_asked_for_is_named_with_what_the_kernel_said() {
    let guest = hello(
        8,
        true,
        &[KVM, "kvm-guest: PV spinlocks disabled, no host support"],
    );
    assert_eq!(mismatch(Mode::Tas, &guest), None);
    let why = mismatch(Mode::Pv, &guest).expect("a mismatch");
    for word in ["--mode pv", "is tas", "no host support"] {
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn modes_that_a_tier_cannot_have_are_refused_with_the_next_step() {
    for mode in [Mode::Pv, Mode::Dedicated] {
        let why = check(mode, Tier::Tcg, 8).expect_err("no KVM").to_string();
        assert!(why.contains("--tier nested"), "{why}");
        assert!(check(mode, Tier::Nested, 8).is_ok());
    }
    for mode in [Mode::Native, Mode::Tas] {
        assert!(check(mode, Tier::Tcg, 8).is_ok());
        assert!(check(mode, Tier::Nested, 1).is_err(), "one vCPU is single");
    }
    assert!(check(Mode::Single, Tier::Nested, 1).is_ok());
    assert!(check(Mode::Single, Tier::Nested, 2).is_err());
}

#[test]
fn each_mode_has_its_processor() {
    let nested = |mode| cpu_model(Tier::Nested, mode);
    assert_eq!(nested(None), nested(Some(Mode::Pv)));
    assert_eq!(
        nested(Some(Mode::Pv)),
        "kvm64,-pmu,+kvm-pv-unhalt,+kvm-pv-sched-yield"
    );
    assert_eq!(
        nested(Some(Mode::Native)),
        "kvm64,-pmu,+kvm-pv-unhalt,+kvm-pv-sched-yield"
    );
    assert_eq!(nested(Some(Mode::Tas)), "kvm64,-pmu,-kvm-pv-unhalt");
    assert_eq!(
        nested(Some(Mode::Dedicated)),
        "kvm64,-pmu,+kvm-pv-unhalt,+kvm-hint-dedicated"
    );
    assert_eq!(cpu_model(Tier::Kvm, Some(Mode::Tas)), "host,-kvm-pv-unhalt");
    assert_eq!(cpu_model(Tier::Tcg, Some(Mode::Native)), "max,-hypervisor");
    assert_eq!(cpu_model(Tier::Tcg, Some(Mode::Tas)), "max");
    assert_eq!(kernel_word(Mode::Native, Tier::Nested), Some("nopvspin"));
    assert_eq!(kernel_word(Mode::Native, Tier::Tcg), None);
    assert_eq!(kernel_word(Mode::Pv, Tier::Nested), None);
}

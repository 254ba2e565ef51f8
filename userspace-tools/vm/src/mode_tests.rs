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
        deferred_init_ms: None,
    }
}

const KVM: &str = "Hypervisor detected: KVM";
const ENABLED: &str = "kvm-guest: PV spinlocks enabled";
const TABLE: &str = "PV qspinlock hash table entries: 256 (order: 0, 4096 bytes, linear)";
const NOPVSPIN: &str = "kvm-guest: PV spinlocks disabled, forced by \"nopvspin\" parameter";
const NO_SUPPORT: &str = "kvm-guest: PV spinlocks disabled, no host support";
const REALTIME: &str = "kvm-guest: PV spinlocks disabled with KVM_HINTS_REALTIME hints";
const ONE_CPU: &str = "kvm-guest: PV spinlocks disabled, single CPU";

#[test]
fn mode_is_recognised_by_the_kernel_log_or_without_kvm_by_cpuid() {
    for (vcpus, hypervisor, log, mode) in [
        (8, true, &[KVM, ENABLED, TABLE][..], Some(Mode::Pv)),
        (8, true, &[KVM, NOPVSPIN], Some(Mode::Native)),
        (8, true, &[KVM, NO_SUPPORT], Some(Mode::Tas)),
        (8, true, &[KVM, REALTIME], Some(Mode::Dedicated)),
        (8, true, &[KVM, ONE_CPU], Some(Mode::Single)),
        // Enabled but never set up, and not logged at all.
        (8, true, &[KVM, ENABLED], None),
        (8, true, &[KVM], None),
        (8, true, &[], Some(Mode::Tas)),
        (8, false, &[], Some(Mode::Native)),
        (1, true, &[], Some(Mode::Single)),
    ] {
        assert_eq!(active(&hello(vcpus, hypervisor, log)), mode, "{log:?}");
    }
}

#[test]
fn mismatch_names_both_modes_and_the_log() {
    let guest = hello(8, true, &[KVM, NO_SUPPORT]);
    assert_eq!(mismatch(Mode::Tas, &guest), None);
    let why = mismatch(Mode::Pv, &guest).expect("a mismatch");
    for word in ["--mode pv", "is tas", "no host support"] {
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn modes_that_a_tier_cannot_have_are_refused_with_the_next_step() {
    for mode in [Mode::Pv, Mode::Dedicated] {
        for tier in [Tier::Tcg, Tier::Count] {
            let why = mode.check(tier, 8).expect_err("no KVM");
            assert!(why.contains("--tier nested"), "{why}");
            assert!(why.contains(tier.name()), "{why}");
        }
        assert!(mode.check(Tier::Nested, 8).is_ok());
    }
    for mode in [Mode::Native, Mode::Tas] {
        assert!(mode.check(Tier::Tcg, 8).is_ok());
        assert!(mode.check(Tier::Nested, 1).is_err(), "one vCPU is single");
    }
    assert!(Mode::Single.check(Tier::Nested, 1).is_ok());
    assert!(Mode::Single.check(Tier::Nested, 2).is_err());
}

#[test]
fn each_mode_has_its_cpu_model_and_kernel_word() {
    const PV: &str = "kvm64,-pmu,-mtrr,-pat,+kvm-pv-unhalt,+kvm-pv-sched-yield";
    const TAS: &str = "kvm64,-pmu,-mtrr,-pat,-kvm-pv-unhalt";
    const DEDICATED: &str = "kvm64,-pmu,-mtrr,-pat,+kvm-pv-unhalt,+kvm-hint-dedicated";
    for (tier, mode, model, word) in [
        (Tier::Nested, None, PV, None),
        (Tier::Nested, Some(Mode::Pv), PV, None),
        (Tier::Nested, Some(Mode::Native), PV, Some("nopvspin")),
        (Tier::Nested, Some(Mode::Tas), TAS, None),
        (Tier::Nested, Some(Mode::Dedicated), DEDICATED, None),
        (Tier::Kvm, Some(Mode::Tas), "host,-kvm-pv-unhalt", None),
        (
            Tier::Tcg,
            Some(Mode::Native),
            "max,-mtrr,-pat,-hypervisor",
            None,
        ),
        (Tier::Tcg, Some(Mode::Tas), "max,-mtrr,-pat", None),
        (
            Tier::Count,
            Some(Mode::Native),
            "max,-mtrr,-pat,-hypervisor",
            None,
        ),
    ] {
        assert_eq!(cpu_model(tier, mode), model);
        assert_eq!(mode.and_then(|mode| kernel_word(mode, tier)), word);
    }
}

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
        wrong_sums: None,
    }
}

const KVM: &str = "Hypervisor detected: KVM";
const ENABLED: &str = "kvm-guest: PV spinlocks enabled";
const TABLE: &str = "PV qspinlock hash table entries: 256 (order: 0, 4096 bytes, linear)";
const NOPVSPIN: &str = "kvm-guest: PV spinlocks disabled, forced by \"nopvspin\" parameter";
const NO_SUPPORT: &str = "kvm-guest: PV spinlocks disabled, no host support";
const REALTIME: &str = "kvm-guest: PV spinlocks disabled with KVM_HINTS_REALTIME hints";
const XEN_HVM: &str = "Hypervisor detected: Xen HVM";
const XEN_PV: &str = "Hypervisor detected: Xen PV";
const XEN_ENABLED: &str = "xen: PV spinlocks enabled";
const XEN_DISABLED: &str = "xen: PV spinlocks disabled";
const ONE_CPU: &str = "kvm-guest: PV spinlocks disabled, single CPU";

#[test]
fn mode_is_recognised_by_the_kernel_log_or_without_kvm_by_cpuid() {
    for (vcpus, hypervisor, log, mode) in [
        (8, true, &[KVM, ENABLED, TABLE][..], Some(Mode::Pv)),
        (8, true, &[KVM, NOPVSPIN], Some(Mode::Native)),
        (8, true, &[KVM, NO_SUPPORT], Some(Mode::Tas)),
        (8, true, &[KVM, REALTIME], Some(Mode::Dedicated)),
        (8, true, &[KVM, ONE_CPU], Some(Mode::Single)),
        (8, true, &[XEN_PV, XEN_ENABLED, TABLE], Some(Mode::Pv)),
        (8, true, &[XEN_HVM, XEN_ENABLED, TABLE], Some(Mode::Pv)),
        (8, true, &[XEN_HVM, XEN_DISABLED], Some(Mode::Native)),
        (1, true, &[XEN_PV, XEN_DISABLED], Some(Mode::Single)),
        (8, true, &[XEN_PV, XEN_ENABLED], None),
        (8, true, &[XEN_PV], None),
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
fn hypervisor_is_named_as_the_kernel_logged_it() {
    let lines = |lines| hypervisor(&hello(8, true, lines));
    assert_eq!(lines(&[KVM, ENABLED]).as_deref(), Some("KVM"));
    let xen = [XEN_PV, "Xen version: 4.20.1-pre (preserve-AD)"];
    assert_eq!(lines(&xen).as_deref(), Some("Xen PV 4.20.1-pre"));
    let emulated = [XEN_HVM, "Xen version 4.17."];
    assert_eq!(lines(&emulated).as_deref(), Some("Xen HVM 4.17"));
    assert_eq!(lines(&[]).as_deref(), Some("unknown"));
    assert_eq!(hypervisor(&hello(8, false, &[])), None);
}

#[test]
fn guest_that_is_to_see_xen_is_refused_under_another() {
    for log in [&[KVM, ENABLED, TABLE][..], &[]] {
        let why = not_under(Some(Hypervisor::Xen), &hello(8, true, log));
        assert!(why.is_some_and(|why| why.contains("to see Xen")), "{log:?}");
    }
    let guest = hello(8, true, &[XEN_HVM, XEN_ENABLED]);
    assert_eq!(not_under(Some(Hypervisor::Xen), &guest), None);
    assert_eq!(not_under(Some(Hypervisor::Kvm), &hello(8, true, &[])), None);
}

#[test]
fn xen_has_paravirt_and_native_locks_alone() {
    let xen = [(Tier::Nested, Some(Hypervisor::Xen)), (Tier::Xen, None)];
    for (tier, hypervisor) in xen {
        for mode in [Mode::Tas, Mode::Dedicated] {
            let why = mode.check(tier, hypervisor, 8).expect_err("no such lock");
            assert!(why.contains("allowed: pv native single"), "{why}");
        }
        for mode in [Mode::Pv, Mode::Native] {
            assert_eq!(mode.check(tier, hypervisor, 8), Ok(()));
            let word = (mode == Mode::Native).then_some("nopvspin");
            assert_eq!(kernel_word(mode, tier), word);
        }
    }
    let model = cpu_model(Tier::Nested, Some(Hypervisor::Xen), Some(Mode::Pv));
    assert!(model.contains("kvm=off,+xen-vapic"), "{model}");
}

#[test]
fn modes_that_a_tier_cannot_have_are_refused_with_the_next_step() {
    for mode in [Mode::Pv, Mode::Dedicated] {
        for tier in [Tier::Tcg, Tier::Count] {
            let why = mode.check(tier, None, 8).expect_err("no KVM");
            assert!(why.contains("--tier nested"), "{why}");
            assert!(why.contains(tier.name()), "{why}");
        }
        assert!(mode.check(Tier::Nested, None, 8).is_ok());
    }
    for mode in [Mode::Native, Mode::Tas] {
        assert!(mode.check(Tier::Tcg, None, 8).is_ok());
        assert!(
            mode.check(Tier::Nested, None, 1).is_err(),
            "one vCPU is single"
        );
    }
    assert!(Mode::Single.check(Tier::Nested, None, 1).is_ok());
    assert!(Mode::Single.check(Tier::Nested, None, 2).is_err());
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
        assert_eq!(cpu_model(tier, None, mode), model);
        assert_eq!(mode.and_then(|mode| kernel_word(mode, tier)), word);
    }
}

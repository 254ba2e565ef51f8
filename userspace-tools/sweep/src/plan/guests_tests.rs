// SPDX-License-Identifier: GPL-2.0

//! Tests of the guests of an experiment.

use super::*;

#[test]
fn guests_are_validated() {
    let check = |text: &str| {
        let text = format!("cpus = 'all'\nmemory = 256\ntier = {text}");
        toml::from_str::<Guests>(&text).unwrap().check()
    };
    assert_eq!(check("'tcg'\nvcpus = 2\nmode = ['pv', 'tas']"), Ok(()));
    for (text, cause) in [
        (
            "'qemu'",
            "tier = `qemu`: allowed: auto kvm tcg nested count xen sim",
        ),
        ("['tcg', 'count']", "tier: count: instructions are no time"),
        ("'count'\nratio = 2", "ratio: one thread runs all vCPUs"),
        ("'count'\nhog = '0'", "hog: time on the host is no time"),
        ("'count'\npreempt = 'holder'", "preempt: a stop of"),
        ("'count'\nslice_us = 4000", "slice_us: one thread runs"),
        (
            "'tcg'\nslice_us = [4000, 9]",
            "slice_us = 9: allowed: 100..=",
        ),
        ("'count'\nguests = 2", "guests: each guest's clock"),
        (
            "['tcg', 'sim']\npreempt = 'holder'",
            "preempt: the scheduling",
        ),
        ("'sim'\nkernel_args = ['quiet']", "kernel_args: no kernel"),
        ("'sim'\nguests = 2", "guests: one guest alone"),
        ("'xen'\nhog = '0'", "hog: a hog on the host"),
        ("'xen'\nslice_us = 4000", "slice_us: Xen's scheduler"),
        ("'xen'\nnuma = 2", "numa: Xen shows its first"),
        ("'tcg'\nnuma = 'far=2'", "numa = `far=2`: cannot read"),
        ("'tcg'\nnuma = [2, 2]", "numa has `2` twice"),
        ("'tcg'\nhypervisor = 'xen'", "hypervisor: only KVM in"),
        (
            "'nested'\nhypervisor = 'bhyve'",
            "hypervisor = `bhyve`: allowed: kvm xen",
        ),
        (
            "'nested'\nhypervisor = ['xen', 'xen']",
            "hypervisor has `xen` twice",
        ),
        ("'sim'\nvcpus = 4097", "vcpus = 4097: allowed: 1..=4096"),
        ("'tcg'\nvcpus = 256", "vcpus = 256: allowed: 1..=255"),
        ("'sim'\ncosts = 'a b'", "costs `a b`: allowed: a name"),
        (
            "'sim'\npolicy = 'x'",
            "policy = `x`: allowed: round-robin fair",
        ),
        ("'tcg'\ncosts = 'default'", "costs: nothing is simulated"),
        ("'tcg'\npause_loop_ns = 9", "pause_loop_ns: nothing is"),
        ("'sim'\npolicy = ['fair', 'x']", "policy = `x`: allowed:"),
        (
            "'sim'\npolicy = ['fair', 'fair']",
            "policy has `fair` twice",
        ),
        (
            "'sim'\npause_loop_ns = [0, 0]",
            "pause_loop_ns has `0` twice",
        ),
        (
            "'sim'\npause_loop_grow = 0",
            "pause_loop_grow = 0: allowed: 1..=",
        ),
        ("'tcg'\nmode = 'x'", "mode = `x`: allowed: pv"),
        ("'tcg'\npreempt = 'x'", "preempt = `x`: allowed: holder"),
        ("'tcg'\nratio = [1, 0]", "ratio = 0: allowed: 1..="),
        ("'tcg'\nboots = 0", "boots = 0: allowed: 1..="),
        ("'tcg'\nguests = 99", "guests = 99: allowed: 2..=16"),
        (
            "'nested'\nemulated_cpus = 5",
            "emulated_cpus = 5: allowed: 1..=4",
        ),
        ("'tcg'\nhog = '0-'", "hog: ``"),
        ("'tcg'\nvcpus = [2, 2]", "vcpus has `2` twice"),
        ("[]", "tier has no values"),
    ] {
        let error = check(text).unwrap_err();
        assert!(error.contains(&format!("guest.{cause}")), "{error}");
    }
}

#[test]
fn guest_without_memory_is_refused() {
    let guests: Guests = toml::from_str("cpus = '0'\nmemory = 0\ntier = 'tcg'").unwrap();
    let error = guests.check().unwrap_err();
    assert!(error.contains("guest.memory = 0: allowed: 1..="), "{error}");
}

#[test]
fn several_guests_are_booted_twice() {
    let guests: Guests = toml::from_str("cpus = '0'\nmemory = 1\ntier = 'tcg'").unwrap();
    let rounds = [(1, 5), (3, 5), (3, 1)].map(|(n, r)| guests.rounds(n, r));
    assert_eq!(rounds, [1, 2, 1]);
}

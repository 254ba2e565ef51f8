// SPDX-License-Identifier: GPL-2.0

//! Paravirt modes of the guest's kernel: how to boot each, and how to recognise it in the kernel log.
//!
//! The conditions and their order are those of `kvm_spinlock_init()` in `arch/x86/kernel/kvm.c`, and of
//! `xen_init_spinlocks()` in `arch/x86/xen/spinlock.c`.

use vm_record::{Hypervisor, Mode, Tier};
use wire::Hello;

pub fn kernel_word(mode: Mode, tier: Tier) -> Option<&'static str> {
    (mode == Mode::Native && !tier.is_translated()).then_some("nopvspin")
}

/// QEMU's CPU model. `kvm-pv-unhalt` is off by default: without it no guest halts in a lock; nor does one yield
/// to a vCPU by name without `kvm-pv-sched-yield`.
///
/// A CPU that comes online has all others stopped if it has MTRRs or a PAT (`cache_ap_online()`). That takes half of
/// the boot of 72 vCPUs on 2 CPUs, and where vCPUs are overcommitted the stock kernel once in some thousand times calls
/// a null pointer in it, without any module. No guest needs either under translation, or inside of it.
///
/// Xen as KVM emulates it needs KVM's own leaves hidden, and takes an APIC access for a hypercall of Xen's.
pub fn cpu_model(tier: Tier, hypervisor: Option<Hypervisor>, mode: Option<Mode>) -> String {
    if (tier, hypervisor) == (Tier::Nested, Some(Hypervisor::Xen)) {
        return "kvm64,-pmu,-mtrr,-pat,kvm=off,+xen-vapic".into();
    }
    let base = match tier {
        Tier::Kvm => "host",
        Tier::Tcg | Tier::Count => "max,-mtrr,-pat",
        Tier::Sim => return String::new(),
        Tier::Nested => "kvm64,-pmu,-mtrr,-pat",
        Tier::Xen => return "max".into(),
    };
    let features = match (tier, mode) {
        (Tier::Tcg | Tier::Count, Some(Mode::Native)) => ",-hypervisor",
        (Tier::Tcg | Tier::Count, _) => "",
        (_, Some(Mode::Tas)) => ",-kvm-pv-unhalt",
        (_, Some(Mode::Dedicated)) => ",+kvm-pv-unhalt,+kvm-hint-dedicated",
        _ => ",+kvm-pv-unhalt,+kvm-pv-sched-yield",
    };
    format!("{base}{features}")
}

/// What the kernel logs in each mode, if it runs under KVM.
const LOG_LINES: [(&str, Mode); 5] = [
    ("PV spinlocks enabled", Mode::Pv),
    (
        "PV spinlocks disabled, forced by \"nopvspin\"",
        Mode::Native,
    ),
    ("PV spinlocks disabled, no host support", Mode::Tas),
    (
        "PV spinlocks disabled with KVM_HINTS_REALTIME",
        Mode::Dedicated,
    ),
    ("PV spinlocks disabled, single CPU", Mode::Single),
];

/// The hypervisor that the guest's kernel logged, and the version of Xen: `KVM`, `Xen PV 4.20`.
pub fn hypervisor(hello: &Hello) -> Option<String> {
    let after = |text: &str| {
        let mut found = hello
            .lock_log
            .iter()
            .filter_map(|line| line.split_once(text));
        found.next().map(|(_, rest)| rest.trim().to_owned())
    };
    let kind =
        after("Hypervisor detected: ").or_else(|| hello.hypervisor.then(|| "unknown".into()))?;
    let version = after("Xen version ").or_else(|| after("Xen version: "));
    let version = version.and_then(|rest| {
        Some(
            rest.split_whitespace()
                .next()?
                .trim_end_matches('.')
                .to_owned(),
        )
    });
    Some(match version {
        Some(version) => format!("{kind} {version}"),
        None => kind,
    })
}

/// The mode of the guest's kernel by its own log; none if the log does not show it.
pub fn active(hello: &Hello) -> Option<Mode> {
    let logged = |text: &str| hello.lock_log.iter().any(|line| line.contains(text));
    if is_under_xen(hello) {
        return match logged("xen: PV spinlocks enabled") {
            true => logged("PV qspinlock hash table").then_some(Mode::Pv),
            // Xen's guests have no locks that test and set: they queue if not by paravirt.
            false if hello.vcpus == 1 => Some(Mode::Single),
            false => logged("xen: PV spinlocks disabled").then_some(Mode::Native),
        };
    }
    match LOG_LINES.iter().find(|(text, _)| logged(text)) {
        // It may have been enabled and then not set up.
        Some((_, Mode::Pv)) => logged("PV qspinlock hash table").then_some(Mode::Pv),
        Some((_, mode)) => Some(*mode),
        None if logged("Hypervisor detected: KVM") => None,
        // Without KVM the kernel logs nothing, and checks only these two.
        None if hello.vcpus == 1 => Some(Mode::Single),
        None if hello.hypervisor => Some(Mode::Tas),
        None => Some(Mode::Native),
    }
}

/// Why a guest is not under Xen, if it is not and should be. One that should be under KVM may hide it.
pub fn not_under(hypervisor: Option<Hypervisor>, hello: &Hello) -> Option<String> {
    if hypervisor != Some(Hypervisor::Xen) || is_under_xen(hello) {
        return None;
    }
    let seen = self::hypervisor(hello).unwrap_or_else(|| "none".into());
    Some(format!("the guest is to see Xen, and reports: {seen}"))
}

fn is_under_xen(hello: &Hello) -> bool {
    let mut lines = hello.lock_log.iter();
    lines.any(|line| line.contains(wire::XEN_DETECTED))
}

/// Why a guest is not in the mode asked for, if it is not.
pub fn mismatch(asked: Mode, hello: &Hello) -> Option<String> {
    let active = active(hello);
    if active == Some(asked) {
        return None;
    }
    let is = active.map_or("of no known mode", Mode::name);
    let evidence = match hello.lock_log.as_slice() {
        [] if hello.hypervisor => "its CPUID reports a hypervisor without KVM".to_owned(),
        [] => "its CPUID reports no hypervisor".to_owned(),
        lines => lines.join("; "),
    };
    let asked = asked.name();
    Some(format!("--mode {asked}: the guest is {is}: {evidence}"))
}

#[cfg(test)]
#[path = "mode_tests.rs"]
mod tests;

// SPDX-License-Identifier: GPL-2.0

//! Paravirt modes: what makes the guest's kernel take which spinlock, and how it says that it did.
//!
//! The questions and their order are those of `kvm_spinlock_init()` in `arch/x86/kernel/kvm.c`.

use anyhow::{bail, Result};
use vm_record::{Mode, Tier};
use wire::Hello;

/// Refuses a mode that this tier, or this number of vCPUs, cannot have.
pub fn check(mode: Mode, tier: Tier, vcpus: usize) -> Result<()> {
    let name = mode.name();
    if tier == Tier::Tcg && matches!(mode, Mode::Pv | Mode::Dedicated) {
        bail!(
            "--mode {name}: tier tcg has no KVM to halt by (allowed there: native tas single). \
             Try: --tier nested"
        );
    }
    match (mode, vcpus) {
        (Mode::Single, 1) => Ok(()),
        (Mode::Single, more) => bail!("--mode single: means --vcpus 1, not {more}"),
        // The hint is looked at first, and without KVM so is the hypervisor.
        (Mode::Dedicated, _) => Ok(()),
        (_, 1) => bail!("--mode {name}: one vCPU is --mode single. Try: --vcpus 2"),
        _ => Ok(()),
    }
}

/// The kernel parameter that the mode takes.
pub fn kernel_word(mode: Mode, tier: Tier) -> Option<&'static str> {
    (mode == Mode::Native && tier != Tier::Tcg).then_some("nopvspin")
}

/// The guest's processor. `kvm-pv-unhalt` is off by default: without it no guest halts in a lock; nor does one
/// yield to a vCPU by name without `kvm-pv-sched-yield`.
pub fn cpu_model(tier: Tier, mode: Option<Mode>) -> String {
    let base = match tier {
        Tier::Kvm => "host",
        Tier::Tcg => "max",
        Tier::Nested => "kvm64,-pmu",
    };
    let features = match (tier, mode) {
        (Tier::Tcg, Some(Mode::Native)) => ",-hypervisor",
        (Tier::Tcg, _) => "",
        (_, Some(Mode::Tas)) => ",-kvm-pv-unhalt",
        (_, Some(Mode::Dedicated)) => ",+kvm-pv-unhalt,+kvm-hint-dedicated",
        _ => ",+kvm-pv-unhalt,+kvm-pv-sched-yield",
    };
    format!("{base}{features}")
}

/// What the kernel says in each mode, as far as KVM makes it look.
const SAID: [(&str, Mode); 5] = [
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

/// The mode that the guest's kernel is in, by its own log; none if it does not say.
pub fn active(hello: &Hello) -> Option<Mode> {
    let log = || hello.lock_log.iter();
    let said = SAID
        .iter()
        .find(|(text, _)| log().any(|line| line.contains(text)));
    match said {
        // It may have been enabled and then not set up.
        Some((_, Mode::Pv)) => log()
            .any(|line| line.contains("PV qspinlock hash table"))
            .then_some(Mode::Pv),
        Some((_, mode)) => Some(*mode),
        None if log().any(|line| line.contains("Hypervisor detected: KVM")) => None,
        // Without KVM nothing is logged, and the kernel looks at these two only.
        None if hello.vcpus == 1 => Some(Mode::Single),
        None if hello.hypervisor => Some(Mode::Tas),
        None => Some(Mode::Native),
    }
}

/// Why a guest is not what was asked for, if it is not.
pub fn mismatch(asked: Mode, hello: &Hello) -> Option<String> {
    let active = active(hello);
    if active == Some(asked) {
        return None;
    }
    let is = active.map_or("of no known mode", Mode::name);
    let said = match hello.lock_log.as_slice() {
        [] if hello.hypervisor => "its processor tells of a hypervisor without KVM".to_owned(),
        [] => "its processor tells of no hypervisor".to_owned(),
        lines => lines.join("; "),
    };
    Some(format!(
        "--mode {}: the guest is {is}: {said}",
        asked.name()
    ))
}

#[cfg(test)]
#[path = "mode_tests.rs"]
mod tests;

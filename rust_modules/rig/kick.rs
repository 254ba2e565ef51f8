// SPDX-License-Identifier: GPL-2.0

//! Kick: what ends the halt of another vCPU, of the ways that this machine offers.

use crate::{
    helpers,
    hypervisor,
    prelude::*,
    IrqsOff, //
};
use abi::lock_load::{
    Hypervisor,
    Kick,
    KickBy, //
};

/// Returns the way that `wanted` means on this machine, or why it is not offered.
pub fn kick(wanted: KickBy) -> Result<Kick, Refused> {
    let (kick, missing) = match wanted {
        KickBy::Auto if offers(Kick::Hypercall) => (Kick::Hypercall, ""),
        KickBy::Auto if offers(Kick::PvOps) => (Kick::PvOps, ""),
        KickBy::Auto | KickBy::Ipi => (Kick::Ipi, ""),
        KickBy::Hypercall => (
            Kick::Hypercall,
            "CPUID offers no KVM with PV_UNHALT (QEMU: +kvm-pv-unhalt)",
        ),
        KickBy::PvOps => (
            Kick::PvOps,
            "the kernel runs no paravirt spinlocks, so its pv_wait() and pv_kick() do nothing",
        ),
    };
    if offers(kick) {
        return Ok(kick);
    }
    Err(Refused::new(
        ENODEV,
        format_args!("`kick={wanted}`: {missing}"),
    ))
}

/// What ends the halt of a vCPU.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HaltEnd {
    /// Any interrupt; that of a kick is served.
    Interrupt,
    /// A kick alone: interrupts are off.
    Kick,
    /// Any event of Xen, interrupts being on; that of a kick is never served.
    Event,
}

/// Returns what ends a halt where `kick` is the way to kick.
pub fn halt_end(kick: Kick) -> HaltEnd {
    match (kick, hypervisor()) {
        (Kick::Ipi, _) => HaltEnd::Interrupt,
        (Kick::PvOps, Hypervisor::XenPv | Hypervisor::XenHvm) => HaltEnd::Event,
        _ => HaltEnd::Kick,
    }
}

/// Makes `kick` the way to halt and kick. No vCPU may be halted meanwhile: it would not be woken.
pub fn kick_by(kick: Kick) {
    // SAFETY: May be called anywhere.
    unsafe { helpers::slowpath_set_kick(number(kick)) };
}

/// Halts the calling vCPU, with interrupts off but for what `kick` needs; a kick is pending. Preemption is off.
pub fn halt_after_kick(kick: Kick, word: &Atomic<u32>, value: u32) {
    let _off = IrqsOff::new();
    // SAFETY: Interrupts are off; the word is live.
    unsafe {
        match kick {
            Kick::Ipi => helpers::slowpath_halt_irqs_on(),
            _ => helpers::slowpath_halt_irqs_off(core::ptr::from_ref(word).cast(), value),
        }
    }
}

fn offers(kick: Kick) -> bool {
    // SAFETY: May be called anywhere.
    unsafe { helpers::slowpath_kick_offered(number(kick)) }
}

fn number(kick: Kick) -> helpers::slowpath_kick {
    match kick {
        Kick::Ipi => helpers::slowpath_kick_SLOWPATH_KICK_IPI,
        Kick::Hypercall => helpers::slowpath_kick_SLOWPATH_KICK_HYPERCALL,
        Kick::PvOps => helpers::slowpath_kick_SLOWPATH_KICK_PV_OPS,
    }
}

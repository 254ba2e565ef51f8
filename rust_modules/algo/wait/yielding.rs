// SPDX-License-Identifier: GPL-2.0

//! Directed yield: gives the CPU to the vCPU waited for.
//!
//! Raghavendra K T, "Improving directed yield in PLE handler", 2012; the hypercall is
//! `KVM_HC_SCHED_YIELD`, "KVM: X86: Implement PV sched yield hypercall", 2019. Where the
//! hypervisor offers none it is a pause, and the policy is [`Spin`](super::Spin).

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use super::Spin;
use crate::prelude::*;

/// A [`Spin`], and the vCPU that created it.
pub struct Yield {
    signal: Spin,
    vcpu: Vcpu,
}

/// Iterations between two yields: a yield is an exit to the hypervisor, and the vCPU ahead may run.
pub(crate) const YIELD_EVERY: u32 = 64;

impl Wait for Yield {
    #[inline]
    fn new() -> Self {
        Self {
            signal: Spin::new(),
            vcpu: Vcpu::current(),
        }
    }

    #[inline]
    fn vcpu(&self) -> Option<Vcpu> {
        Some(self.vcpu)
    }

    #[inline]
    fn wait(&self, ahead: Option<Vcpu>, me: &Waiter) {
        let signalled = || self.signal.is_signalled();
        let Some(vcpu) = ahead else {
            return me.spin_until(signalled);
        };
        while me.spin_for(YIELD_EVERY, signalled).is_none() {
            me.events.yields.bump();
            vcpu.yield_to();
        }
    }

    #[inline]
    unsafe fn signal(this: *const Self, me: &Waiter) {
        // SAFETY: `this` is live when the call begins, so the field is, by the contract of the
        // function; `Spin::signal` keeps to the rest of it.
        unsafe { Spin::signal(core::ptr::addr_of!((*this).signal), me) };
    }
}

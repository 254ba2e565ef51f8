// SPDX-License-Identifier: GPL-2.0

//! Visit of every vCPU, by an interrupt on one after the other.

use core::ffi::c_void;

use algo::counter::EachVcpu;
use kernel::bindings;

use crate::{
    is_online,
    possible_vcpus, //
};

/// The vCPUs of this machine. None goes online or offline while they are visited.
pub struct Vcpus;

impl EachVcpu for Vcpus {
    /// May sleep, and waits for each vCPU, also for a preempted one.
    fn visit(&self, live: &(dyn Fn() + Sync), dead: &(dyn Fn(u32) + Sync)) {
        // SAFETY: Called where it may sleep, and ended below.
        unsafe { bindings::cpus_read_lock() };
        for vcpu in 0..possible_vcpus() {
            if !is_online(vcpu) {
                dead(vcpu);
                continue;
            }
            let info = (&raw const live).cast_mut().cast::<c_void>();
            // SAFETY: The vCPU is online and stays so, the call is over when this returns, and
            // `run` takes what is passed.
            let _ =
                unsafe { bindings::smp_call_function_single(vcpu as i32, Some(run), info, true) };
        }
        // SAFETY: It was begun above.
        unsafe { bindings::cpus_read_unlock() };
    }
}

/// # Safety
///
/// `live` points to a reference to a function, valid until this returns.
unsafe extern "C" fn run(live: *mut c_void) {
    // SAFETY: By the contract of the function.
    (unsafe { *live.cast::<&(dyn Fn() + Sync)>() })();
}

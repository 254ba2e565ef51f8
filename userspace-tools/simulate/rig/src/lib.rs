// SPDX-License-Identifier: GPL-2.0

//! What the modules use of the crate `rig`, on a simulated machine: each thread is a vCPU.
//!
//! Files of `rig` that need nothing of the kernel are the same files.

#![forbid(unsafe_code)]

/// Declares modules whose source is the kernel module's. (A macro, so that `rustfmt` formats it there.)
macro_rules! shared {
    ($($path:literal $module:ident;)*) => {$(
        #[allow(dead_code, reason = "some is for what is not simulated")]
        #[path = $path]
        mod $module;
    )*};
}
shared! {
    "../../../../rust_modules/rig/bursts.rs" bursts;
    "../../../../rust_modules/rig/filled.rs" filled;
    "../../../../rust_modules/rig/latency_histogram.rs" latency_histogram;
    "../../../../rust_modules/rig/random.rs" random;
    "../../../../rust_modules/rig/slices.rs" slices;
}
mod clock;
mod cpu_dead;
mod kernel_locks;
mod kernel_refs;
mod load;
mod preempt;
pub mod prelude;
mod refused;
mod run;
mod start_barrier;
mod steal;
mod vcpus;
mod worker;

use core::fmt;

use abi::Limits;
pub use algo::primitive::{grace as synchronize_rcu, possible_vcpus};
use kernel::alloc::{Flags, GFP_KERNEL};

pub use self::{
    bursts::{BurstTimes, BurstTotals},
    clock::{busy_loop, cpu_time_now_ns, cpu_time_ns, is_preempted, now_ns, steal_ns, tsc_scale},
    cpu_dead::{CpuDeadCallback, OnCpuDead},
    filled::{filled, zeros, PerThread},
    kernel_locks::{Mutex, Rwsem},
    kernel_refs::{KernelRefcount, PercpuCounter, PercpuRef},
    latency_histogram::{latency_histogram, LatencyHistogram},
    load::{FinishedRun, Load},
    preempt::{cond_resched, need_resched, Preempt},
    random::Random,
    refused::Refused,
    run::{run, Failed, Outcome},
    slices::{Slices, Stretch},
    start_barrier::{StartBarrier, Until},
    steal::{has_steal_clock, lost_time_source, StealClock},
    vcpus::Vcpus,
    worker::{Placement, StopFlag, Worker},
};

/// Slot of a helper: where it is to work.
#[derive(Clone, Copy)]
pub struct HelperSlot {
    /// Its vCPU.
    pub vcpu: u32,
    /// Its node.
    pub node: u32,
}

/// Text of a report.
pub type Text = String;

/// Flags of an allocation that may fail.
pub fn may_fail() -> Flags {
    GFP_KERNEL
}

/// Allocates a box.
///
/// # Errors
///
/// Never.
pub fn boxed<T>(value: T) -> Result<kernel::prelude::KBox<T>, kernel::prelude::Error> {
    Ok(Box::new(value))
}

/// Refuses `what` if it needs more than a quarter of the available memory.
///
/// # Errors
///
/// If it does.
pub fn must_fit(what: fmt::Arguments<'_>, bytes: u64, limits: &Limits) -> Result<(), Refused> {
    let most = limits.bytes / 4;
    match bytes <= most {
        true => Ok(()),
        false => Err(Refused::new(
            kernel::prelude::ERANGE,
            format_args!("{what} needs {bytes} bytes; allowed: {most}. Try: less"),
        )),
    }
}

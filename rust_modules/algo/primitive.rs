// SPDX-License-Identifier: GPL-2.0

//! The words the algorithms are written in: atomics, barriers, and the vCPU.
//!
//! This is the only file that knows where it is being compiled. Orderings are types, as in
//! `rust/kernel/sync/atomic.rs`: [`Acquire`] and [`Release`] as in C11 on the operation they are
//! given to, [`Full`] orders everything before the operation against everything after it.

#[cfg_attr(MODULE, path = "primitive/kernel.rs")]
#[cfg_attr(not(MODULE), path = "primitive/host.rs")]
mod imp;

pub use self::imp::{
    cpu_relax,
    grace,
    here,
    keep,
    rcu,
    smp_mb,
    stamp,
    undisturbed,
    Acquire,
    Atomic,
    Cell,
    Full,
    Mine,
    Ordering,
    PerVcpu,
    Relaxed,
    Release,
    Vcpu,
    TICKETS_TO_WRAP, //
};

/// Where a thread of a test is.
#[cfg(not(MODULE))]
pub use self::imp::{
    on,
    wander, //
};

// SPDX-License-Identifier: GPL-2.0

//! The primitives of the algorithms: atomics, barriers, and the vCPU.
//!
//! This is the only file that depends on where it is compiled. Orderings are types, as in
//! `rust/kernel/sync/atomic.rs`: [`Acquire`] and [`Release`] as in C11 on the operation they are
//! given to, [`Full`] orders everything before the operation against everything after it.

#[cfg_attr(MODULE, path = "primitive/kernel.rs")]
#[cfg_attr(all(not(MODULE), not(feature = "sim")), path = "primitive/host.rs")]
#[cfg_attr(feature = "sim", path = "primitive/sim.rs")]
mod imp;
#[cfg(not(feature = "sim"))]
mod spin;

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
    TICKETS_TO_WRAP,
    VCPU_SLOTS, //
};

#[cfg(feature = "sim")]
pub use self::imp::{
    possible_vcpus,
    spin_for,
    spin_until,
    with_vcpus, //
};
#[cfg(not(feature = "sim"))]
pub use self::spin::{
    spin_for,
    spin_until, //
};

/// Placement of a test's thread on a vCPU, and on a NUMA node.
#[cfg(not(any(MODULE, feature = "sim")))]
pub use self::imp::{
    on,
    on_node,
    wander, //
};

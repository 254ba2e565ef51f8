// SPDX-License-Identifier: GPL-2.0

//! What whoever hosts a guest does to its vCPU threads: places them, times them, stops them, and
//! gives them neighbours.
//!
//! `vm` hosts the guests of the tiers `kvm` and `tcg`; `l1` does so within the L1 hypervisor of
//! the tier `nested` and reports to `vm` in lines of JSON, a [`vm_record::VcpuReport`] each.

#![forbid(unsafe_code)]

mod cpu_list;
mod hog;
mod host;
mod place;
mod stop;
mod threads;

pub use cpu_list::CpuList;
pub use hog::Hogs;
pub use host::{Host, Orders};
pub use place::{pin, PinnedVcpu};
pub use stop::{Stopper, LEAVE_THE_PORT, LEAVE_THE_PORT_EMULATED, MOST_MS};
pub use threads::{find, Vcpu};

/// Line from `vm` to `l1` when the command starts.
pub const STARTED: &str = "started";
/// Line from `vm` to `l1` when the command has ended; the answer is another report.
pub const ENDED: &str = "ended";

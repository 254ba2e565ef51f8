// SPDX-License-Identifier: GPL-2.0

//! What whoever hosts a guest does to its vCPU threads: places them, times them, stops them, and
//! gives them neighbours.
//!
//! `vm` hosts the guests of the tiers `kvm` and `tcg`; `middle` does so within the middle machine of
//! the tier `nested` and tells `vm` in lines of JSON, a [`vm_record::VcpuReport`] each.

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

/// What `vm` says to `middle` as the command starts.
pub const STARTED: &str = "started";
/// What `vm` says to `middle` as the command has ended, and takes another report for.
pub const ENDED: &str = "ended";

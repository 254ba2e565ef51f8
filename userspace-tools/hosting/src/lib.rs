// SPDX-License-Identifier: GPL-2.0

//! What whoever hosts a guest does to its vCPU threads: places them and times them.
//!
//! `vm` hosts the guests of the tiers `kvm` and `tcg`; `middle` does so within the middle machine of
//! the tier `nested` and tells `vm` in lines of JSON, a [`Report`] each.

#![forbid(unsafe_code)]

mod cpu_list;
mod place;
mod threads;

pub use cpu_list::CpuList;
pub use place::{pin, Place};
pub use threads::{find, Vcpu};

use serde::{Deserialize, Serialize};

/// What `middle` says: first when the vCPUs are in their places, then when the command ended.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    /// Each vCPU's place.
    pub map: Vec<Place>,
}

/// What `vm` says to `middle` as the command starts.
pub const STARTED: &str = "started";
/// What `vm` says to `middle` as the command has ended, and takes another report for.
pub const ENDED: &str = "ended";

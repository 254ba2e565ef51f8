// SPDX-License-Identifier: GPL-2.0

//! `lock-load.ko`: threads on vCPUs contend for one of many locks, try halts and kicks, or time one lock.
//!
//! The path of a setting: `load` checks `config` and makes a `run`; that picks the `workload`,
//! which is `contention` for a lock or a `trial` of halts and kicks; and each of them makes, from
//! the same `config`, the parts that obey it: the `lock`, the `sampling` and `torture`.

#![deny(unsafe_code)]

mod contention;
mod load;
mod lock;
mod prelude;
mod report;
mod run;
mod sampling;
mod thread_counts;
mod torture;
mod trial;
mod tuning;
mod weak_random;
mod workload;

use kernel::prelude::*;

use self::load::LockLoad;

module! {
    type: Module,
    name: "lock_load",
    authors: ["Slowpath"],
    description: "Locks under load on vCPUs",
    license: "GPL",
}

rig::module_of!(LockLoad, LockLoad::new()?);

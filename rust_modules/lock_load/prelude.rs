// SPDX-License-Identifier: GPL-2.0

//! Names that most files of this module use.

pub(crate) use abi::{
    lock_load::{
        Config,
        Kick, //
    },
    status::OracleState,
    Limits, //
};
pub(crate) use algo::{
    lock::Lock,
    primitive::{
        cpu_relax,
        stamp,
        Atomic,
        Relaxed, //
    },
    Events,
    Tuning,
    Waiter, //
};
pub(crate) use kernel::{
    prelude::*,
    sync::Arc, //
};
pub(crate) use measure::{
    Padded,
    SingleWriter, //
};
pub(crate) use rig::{
    busy_loop,
    cond_resched,
    may_fail,
    now_ns,
    sleep_until,
    ActiveWatchdog,
    Control,
    DelayLoop,
    HaltEnd,
    Placement,
    Preempt,
    Preparation,
    Refused,
    Region,
    StopFlag,
    Text,
    Watchdog,
    Worker, //
};

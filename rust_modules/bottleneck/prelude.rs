// SPDX-License-Identifier: GPL-2.0

//! Names that every workload uses.

pub(crate) use abi::{
    bottleneck::{
        Config,
        Variant, //
    },
    Limits, //
};
pub(crate) use algo::{
    bottleneck::{
        Checked,
        Findings, //
    },
    lock::Lock,
    Waiter, //
};
pub(crate) use rig::prelude::*;

pub(crate) use crate::{
    storage::{
        defaults,
        filled,
        try_filled, //
    },
    workload::{
        boxed,
        must_fit,
        no_such_variant,
        Made,
        Thread,
        Workload, //
    },
};

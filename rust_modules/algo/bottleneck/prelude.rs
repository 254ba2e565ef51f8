// SPDX-License-Identifier: GPL-2.0

//! Names that every bottleneck uses.

pub(super) use super::{
    Checked,
    Findings,
    Storage, //
};
pub(super) use crate::{
    lock::Lock,
    primitive::{
        cpu_relax,
        here,
        Acquire,
        Atomic,
        Full,
        Relaxed,
        Release, //
    },
    Waiter, //
};

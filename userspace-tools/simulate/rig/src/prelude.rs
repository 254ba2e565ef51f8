// SPDX-License-Identifier: GPL-2.0

//! Names that most files of a load use; `use rig::prelude::*`.

pub use algo::primitive::{cpu_relax, Acquire, Atomic, Full, Relaxed, Release};
pub use kernel::{prelude::*, sync::Arc};
pub use measure::{Padded, SingleWriter};

pub use crate::{
    cond_resched, filled, may_fail, now_ns, PerThread, Preempt, Refused, StopFlag, Text, Worker,
};

// SPDX-License-Identifier: GPL-2.0

//! sched_yield(2): the lock of the CPU's own run queue.

use anyhow::Result;
use rustix::thread::sched_yield;

use crate::load::{work, Load, Place, Work};

/// Each worker on its own CPU has nobody to yield to.
pub const SCHED_YIELD: Load = Load {
    name: "sched_yield",
    about: "yield the CPU: its run queue",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    work(|| {
        sched_yield();
        Ok(())
    })
}

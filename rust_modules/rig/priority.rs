// SPDX-License-Identifier: GPL-2.0

//! Scheduling priority of the calling thread.

use kernel::{
    bindings,
    current, //
};

/// Nice value of the threads of a load, the lowest priority.
pub(crate) const LOWEST_NICE: i32 = 19;

/// Makes the calling thread `SCHED_FIFO`, of the lowest real-time priority.
///
/// No other thread runs on its vCPU until it calls [`set_lowest_priority`], which must be soon.
pub fn set_fifo() {
    // SAFETY: The current task is there, and may sleep here.
    unsafe { bindings::sched_set_fifo_low(current!().as_ptr()) };
}

/// Gives the calling thread the lowest priority, with which threads of a load begin.
pub fn set_lowest_priority() {
    // SAFETY: As above.
    unsafe { bindings::sched_set_normal(current!().as_ptr(), LOWEST_NICE) };
}

// SPDX-License-Identifier: GPL-2.0

//! Who goes first: the calling thread, or everyone else.

use kernel::{
    bindings,
    current, //
};

/// How nice the threads of a load are.
pub(crate) const LAST: i32 = 19;

/// Puts the calling thread before everyone but other real-time threads, as `SCHED_FIFO`.
///
/// Whoever does that must soon [let others go first](set_lowest_priority) again: nobody else runs on its vCPU.
pub fn set_fifo() {
    // SAFETY: The current task is there, and may sleep here.
    unsafe { bindings::sched_set_fifo_low(current!().as_ptr()) };
}

/// Puts the calling thread behind everyone, where threads of a load begin.
pub fn set_lowest_priority() {
    // SAFETY: As above.
    unsafe { bindings::sched_set_normal(current!().as_ptr(), LAST) };
}

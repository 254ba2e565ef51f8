// SPDX-License-Identifier: GPL-2.0

//! Sleep until a time, or until a run ends.

use kernel::bindings;

use crate::prelude::*;

/// Longest sleep between two looks at the stop flag, and so the most that a sleep delays `stop`.
const LONGEST_US: u64 = 5000;

/// Sleeps until the time is `until_ns`, or the stop flag is up.
pub fn sleep_until_stop(until_ns: u64, stop_flag: &StopFlag) {
    while !stop_flag.is_raised() && sleep_once(until_ns) {}
}

/// Sleeps until the time is `until_ns`, whatever happens meanwhile.
pub fn sleep_until(until_ns: u64) {
    while sleep_once(until_ns) {}
}

/// Sleeps once if it is not yet `until_ns`; returns whether it was not.
fn sleep_once(until_ns: u64) -> bool {
    let us = until_ns.saturating_sub(now_ns()).div_ceil(1000);
    let us = us.min(LONGEST_US) as usize;
    if us > 0 {
        // SAFETY: May be called where it may sleep. Idle only so as not to count as load.
        unsafe { bindings::usleep_range_state(us, us, bindings::TASK_IDLE) };
    }
    us > 0
}

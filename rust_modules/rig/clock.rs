// SPDX-License-Identifier: GPL-2.0

//! The time.

use kernel::bindings;

/// Returns the monotonic time, in nanoseconds.
#[inline]
pub fn now_ns() -> u64 {
    // SAFETY: May be called anywhere but in an NMI. The clock starts at 0 and is never negative.
    unsafe { bindings::ktime_get() }.unsigned_abs()
}

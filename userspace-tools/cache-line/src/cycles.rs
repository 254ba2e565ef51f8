// SPDX-License-Identifier: GPL-2.0

//! The time stamp counter.

#![expect(unsafe_code, reason = "reads the time stamp counter")]

pub fn now() -> u64 {
    // SAFETY: Every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

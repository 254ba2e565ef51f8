// SPDX-License-Identifier: GPL-2.0

//! Calibrated busy loop: work of a given length.
//!
//! The loop has a fixed number of iterations and does not look at the clock: a vCPU that is
//! preempted in a critical section has to finish the section when it runs again.

use algo::primitive::stamp;

use crate::{
    prelude::*,
    tsc_scale, //
};

/// Speed of the busy loop on an undisturbed vCPU.
#[derive(Clone, Copy)]
pub struct DelayLoop {
    loops_per_us: u64,
}

impl DelayLoop {
    /// Iterations of one sample: some microseconds, so that many samples fit between two
    /// disturbances.
    const SAMPLE_LOOPS: u64 = 3000;
    /// Samples; the fastest is undisturbed.
    const SAMPLES: u32 = 2000;

    /// Calibrates the loop. By the time stamp counter where that is a clock: Xen's own clock may stand still for
    /// the length of a sample, and the loop would have no speed.
    pub fn calibrate() -> Self {
        let shortest = match tsc_scale() {
            Ok(scale) => scale.ns(Self::shortest(stamp)),
            Err(_) => Self::shortest(now_ns),
        };
        let loops_per_us = (Self::SAMPLE_LOOPS * 1000).checked_div(shortest);
        Self {
            loops_per_us: loops_per_us.unwrap_or(1).max(1),
        }
    }

    /// Returns the length of the shortest sample by this clock.
    fn shortest(clock: impl Fn() -> u64) -> u64 {
        let samples = (0..Self::SAMPLES).map(|_| {
            let _here = Preempt::new();
            let from = clock();
            busy_loop(Self::SAMPLE_LOOPS);
            clock().saturating_sub(from)
        });
        samples.min().unwrap_or(1)
    }

    /// Returns the iterations per microsecond.
    pub fn loops_per_us(self) -> u64 {
        self.loops_per_us
    }

    /// Returns the iterations that take `ns`.
    pub fn loops(self, ns: u32) -> u64 {
        u64::from(ns).saturating_mul(self.loops_per_us) / 1000
    }
}

/// Runs the loop; the compiler moves no access to memory across it.
#[inline(always)]
pub fn busy_loop(loops: u64) {
    // SAFETY: Counts a register down to zero, and skips a count of zero.
    unsafe {
        kernel::asm!(
            "test {n}, {n}; jz 3f; 2: dec {n}; jnz 2b; 3:";
            n = inout(reg) loops => _, options(nostack)
        )
    };
}

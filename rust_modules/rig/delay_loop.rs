// SPDX-License-Identifier: GPL-2.0

//! Time burnt by a loop that was measured once.
//!
//! A loop of fixed length, and not a look at the clock: a vCPU that loses its CPU in a critical
//! section has to finish the section when it is back.

use crate::{
    now_ns,
    Preempt, //
};

/// How many loops an undisturbed vCPU makes in a time.
#[derive(Clone, Copy)]
pub struct DelayLoop {
    loops_per_us: u64,
}

impl DelayLoop {
    /// Loops in one sample: some microseconds, so that many samples fit between two disturbances.
    const SAMPLE: u64 = 3000;
    /// Samples; the fastest is the one that nothing disturbed.
    const SAMPLES: u32 = 2000;

    /// Measures the loop.
    pub fn calibrate() -> Self {
        let shortest = (0..Self::SAMPLES)
            .map(|_| {
                let _here = Preempt::new();
                let from = now_ns();
                busy_loop(Self::SAMPLE);
                now_ns().saturating_sub(from)
            })
            .min()
            .unwrap_or(1);
        let loops_per_us = (Self::SAMPLE * 1000).checked_div(shortest).unwrap_or(1);
        Self {
            loops_per_us: loops_per_us.max(1),
        }
    }

    /// Returns how many loops make a microsecond.
    pub fn loops_per_us(self) -> u64 {
        self.loops_per_us
    }

    /// Returns how many loops make `ns`.
    pub fn loops(self, ns: u32) -> u64 {
        u64::from(ns).saturating_mul(self.loops_per_us) / 1000
    }
}

/// Runs the loop; the compiler moves no access to memory across it.
#[inline(always)]
pub fn busy_loop(loops: u64) {
    // SAFETY: Counts a register down to zero; a count of zero is left out.
    unsafe {
        kernel::asm!(
            "test {n}, {n}; jz 3f; 2: dec {n}; jnz 2b; 3:";
            n = inout(reg) loops => _, options(nostack)
        )
    };
}

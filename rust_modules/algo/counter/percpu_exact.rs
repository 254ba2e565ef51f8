// SPDX-License-Identifier: GPL-2.0

//! A per-CPU number: an addition is one instruction, a read sums all vCPUs.
//!
//! After `count_stat.c` in perfbook's `CodeSamples/count`; the kernel's own are those of
//! `include/linux/percpu.h`, as in `vmstat` and the inode counts that Piggin made per CPU
//! ("Scaling the Linux VFS", LinuxCon 2009).

use crate::prelude::*;

/// Exact. Safe in interrupts and in NMIs: an addition is one instruction.
pub struct PercpuExact(PerVcpu);

impl PercpuExact {
    /// Creates a counter at zero.
    pub fn new(words: PerVcpu) -> Self {
        Self(words)
    }
}

impl Counter for PercpuExact {
    #[inline(always)]
    fn add(&self, n: i64) {
        self.0.add(n);
    }

    /// Every addition that was over when the read began is in it, and none that began when it
    /// had ended. What a vCPU that has gone counted stays where it is, and is counted.
    fn read(&self) -> i64 {
        let words = (0..self.0.vcpus()).map(|vcpu| self.0.of(vcpu));
        words.fold(0, i64::wrapping_add)
    }
}

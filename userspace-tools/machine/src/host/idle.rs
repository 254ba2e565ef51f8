// SPDX-License-Identifier: GPL-2.0

//! Idle CPUs: where a woken vCPU goes.

use crate::CpuId;

/// The CPUs that idle, a bit each.
pub(crate) struct IdleCpus {
    words: Box<[u64]>,
    count: u32,
}

impl IdleCpus {
    pub(crate) fn new(cpus: u32) -> Self {
        let mut all = Self {
            words: vec![0; cpus.div_ceil(u64::BITS) as usize].into(),
            count: 0,
        };
        (0..cpus).for_each(|cpu| all.set(CpuId(cpu), true));
        all
    }

    pub(crate) fn set(&mut self, cpu: CpuId, idles: bool) {
        let (word, bit) = (&mut self.words[cpu.index() / 64], 1u64 << (cpu.0 % 64));
        match (*word & bit != 0, idles) {
            (false, true) => self.count += 1,
            (true, false) => self.count -= 1,
            _ => return,
        }
        *word ^= bit;
    }

    /// Returns an idle CPU: `cpu` if that idles, else the next in the order of their numbers.
    pub(crate) fn near(&self, cpu: CpuId) -> Option<CpuId> {
        if self.count == 0 {
            return None;
        }
        let (first, words) = (cpu.index() / 64, self.words.len());
        let after = self.words[first] & (u64::MAX << (cpu.0 % 64));
        if after != 0 {
            return Some(CpuId(first as u32 * 64 + after.trailing_zeros()));
        }
        let others = (1..=words).map(|n| (first + n) % words);
        let mut found = others.map(|at| (at as u32 * 64, self.words[at]));
        let (base, word) = found.find(|&(_, word)| word != 0)?;
        Some(CpuId(base + word.trailing_zeros()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_idle_cpu_is_found_across_words() {
        let mut idle = IdleCpus::new(130);
        assert_eq!(idle.near(CpuId(5)), Some(CpuId(5)));
        (0..130).for_each(|cpu| idle.set(CpuId(cpu), cpu == 129));
        assert_eq!(idle.near(CpuId(5)), Some(CpuId(129)));
        assert_eq!(idle.near(CpuId(129)), Some(CpuId(129)));
        idle.set(CpuId(129), false);
        idle.set(CpuId(3), true);
        assert_eq!(idle.near(CpuId(100)), Some(CpuId(3)));
        assert_eq!(
            idle.near(CpuId(4)),
            Some(CpuId(3)),
            "after the end comes the start"
        );
        idle.set(CpuId(3), false);
        assert_eq!(idle.near(CpuId(0)), None);
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The locks that are compared, and those that reach the final.

use abi::lock_load::{Config, Lock, Origin};
use statistics::median;

/// Rounds of the screening.
pub const SCREENING_ROUNDS: usize = 3;
/// Locks in the final, besides the kernel's own.
const FINALISTS: usize = 4;
/// Spin thresholds of a lock that has one.
const THRESHOLDS: [u32; 3] = [64, 512, 4096];
/// A lock that reaches less than this part of the best in the screening is not in the final.
const LEAST: f64 = 0.5;

/// Every spinlock, those with a spin threshold at several.
pub fn contestants(base: &Config) -> Vec<Config> {
    let spinlocks = Lock::ALL.iter().copied().filter(|lock| {
        let facts = lock.facts();
        facts.origin == Origin::Algo && !facts.delegates || *lock == Lock::KernelRawSpin
    });
    let each = spinlocks.flat_map(|lock| {
        let thresholds = match lock.facts().threshold {
            true => THRESHOLDS.to_vec(),
            false => vec![base.threshold],
        };
        thresholds.into_iter().map(move |threshold| Config {
            lock,
            threshold,
            ..*base
        })
    });
    each.collect()
}

/// The kernel's own lock, and the fastest of the others.
pub fn finalists(all: &[Config], rates: &[Vec<f64>]) -> Vec<Config> {
    let middle = |rates: &Vec<f64>| median(rates.iter().copied()).unwrap_or(0.0);
    let mut order: Vec<(f64, Config)> = rates.iter().map(middle).zip(all.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = order.first().map_or(0.0, |first| first.0);
    let (kernel, others): (Vec<_>, Vec<_>) = order
        .into_iter()
        .partition(|(_, config)| config.lock == Lock::KernelRawSpin);
    let fast = others.into_iter().filter(|(rate, _)| *rate >= LEAST * best);
    let chosen = fast.take(FINALISTS).chain(kernel);
    chosen.map(|(_, config)| config).collect()
}

/// A lock with its spin threshold, if it has one.
pub fn name(config: &Config) -> String {
    match config.lock.facts().threshold {
        true => format!("{} threshold={}", config.lock, config.threshold),
        false => config.lock.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contestants_are_spinlocks_at_each_threshold() {
        let all = contestants(&Config::default());
        let of = |lock| all.iter().filter(|config| config.lock == lock).count();
        assert_eq!([of(Lock::PvQueued), of(Lock::Ticket)], [3, 1]);
        assert_eq!(of(Lock::KernelRawSpin), 1);
        let others = [Lock::Busted, Lock::Empty, Lock::KernelMutex];
        assert!(others.iter().all(|&lock| of(lock) == 0));
        assert_eq!(of(Lock::DelegationSpin), 0);
    }

    #[test]
    fn finalists_are_the_fastest_and_the_kernels_own() {
        let all = contestants(&Config::default());
        let rates: Vec<Vec<f64>> = all
            .iter()
            .map(|config| match config.lock {
                Lock::KernelRawSpin => vec![1.0, 2.0],
                Lock::Ttas => vec![90.0, 1.0, 99.0],
                Lock::Ticket => vec![100.0; 3],
                _ => vec![49.0; 3],
            })
            .collect();
        let chosen = finalists(&all, &rates);
        let locks: Vec<Lock> = chosen.iter().map(|config| config.lock).collect();
        assert_eq!(locks, [Lock::Ticket, Lock::Ttas, Lock::KernelRawSpin]);
        let alike = vec![vec![5.0]; all.len()];
        assert_eq!(finalists(&all, &alike).len(), FINALISTS + 1);
    }
}

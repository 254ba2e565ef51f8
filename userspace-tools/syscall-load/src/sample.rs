// SPDX-License-Identifier: GPL-2.0

//! Result of one run.

use serde::Serialize;
use statistics::jain;

use crate::{cli::Kind, count::Counted};

const SCHEMA: u32 = 1;

#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub schema: u32,
    pub load: &'static str,
    pub kind: Kind,
    pub workers: u32,
    /// The repeat, from 1.
    pub repeat: u32,
    /// Operations of all workers per second of wall time.
    pub per_s: f64,
    /// Operations per second of CPU time of the workers.
    pub per_cpu_s: f64,
    /// Jain's index of fairness: 1 if all did the same, 1/n if one did all.
    pub jain: f64,
    pub counted: Vec<Counted>,
}

impl Sample {
    pub fn of(load: &'static str, kind: Kind, repeat: u32, counted: Vec<Counted>) -> Self {
        let rate = |c: &Counted| c.operations as f64 * 1e9 / c.wall_ns.max(1) as f64;
        let rates = || counted.iter().map(rate);
        let operations: u64 = counted.iter().map(|c| c.operations).sum();
        let cpu_ns: u64 = counted.iter().map(|c| c.cpu_ns).sum();
        Self {
            schema: SCHEMA,
            load,
            kind,
            workers: counted.len() as u32,
            repeat,
            per_s: rates().sum(),
            per_cpu_s: operations as f64 * 1e9 / cpu_ns.max(1) as f64,
            jain: jain(rates()).unwrap_or(1.0),
            counted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_add_up_and_cpu_time_is_that_of_the_workers() {
        let counted = [(1000, 1_000_000_000), (3000, 2_000_000_000)];
        let counted = counted.map(|(operations, wall_ns)| Counted {
            operations,
            wall_ns,
            cpu_ns: 500_000_000,
        });
        let sample = Sample::of("x", Kind::Threads, 1, counted.to_vec());
        assert_eq!(
            (sample.workers, sample.per_s, sample.per_cpu_s),
            (2, 2500.0, 4000.0)
        );
        assert!((sample.jain - 25.0 / 26.0).abs() < 1e-9, "{}", sample.jain);
        let idle = Sample::of("x", Kind::Threads, 1, vec![Counted::default(); 2]);
        assert_eq!(idle.jain, 1.0);
    }
}

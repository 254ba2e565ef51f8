// SPDX-License-Identifier: GPL-2.0

//! What one run came to.

use serde::Serialize;
use statistics::jain;

use crate::{cli::Kind, count::Counted};

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The version of this record.
    pub schema: u32,
    /// The load.
    pub load: &'static str,
    /// What the workers were.
    pub kind: Kind,
    /// How many.
    pub workers: u32,
    /// The repeat, from 1.
    pub repeat: u32,
    /// Operations of all workers per second of wall time.
    pub per_s: f64,
    /// Operations per second of CPU time that the workers were granted.
    pub per_cpu_s: f64,
    /// Jain's index of fairness: 1 if all did the same, 1/n if one did all.
    pub jain: f64,
    /// What each worker counted.
    pub counted: Vec<Counted>,
}

impl Sample {
    /// Sums up what the workers counted.
    pub fn of(load: &'static str, kind: Kind, repeat: u32, counted: Vec<Counted>) -> Self {
        let rate = |c: &Counted| c.operations as f64 * 1e9 / c.wall_ns.max(1) as f64;
        let rates: Vec<f64> = counted.iter().map(rate).collect();
        let operations: u64 = counted.iter().map(|c| c.operations).sum();
        let granted: u64 = counted.iter().map(|c| c.cpu_ns).sum();
        Self {
            schema: 1,
            load,
            kind,
            workers: counted.len() as u32,
            repeat,
            per_s: rates.iter().sum(),
            per_cpu_s: operations as f64 * 1e9 / granted.max(1) as f64,
            // Workers that all did nothing were treated alike.
            jain: jain(rates.iter().copied()).unwrap_or(1.0),
            counted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(operations: u64, wall_ns: u64, cpu_ns: u64) -> Counted {
        Counted {
            operations,
            wall_ns,
            cpu_ns,
        }
    }

    #[test]
    fn rates_add_up_and_granted_time_is_what_was_granted() {
        let counted = vec![
            counted(1000, 1_000_000_000, 500_000_000),
            counted(3000, 2_000_000_000, 500_000_000),
        ];
        let sample = Sample::of("x", Kind::Threads, 1, counted);
        assert_eq!(
            (sample.workers, sample.per_s, sample.per_cpu_s),
            (2, 2500.0, 4000.0)
        );
    }
}

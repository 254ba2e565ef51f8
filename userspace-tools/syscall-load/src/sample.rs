// SPDX-License-Identifier: GPL-2.0

//! Result of one run.

use results::Verdict;
use serde::Serialize;
use statistics::jain;

use crate::{cli::Kind, count::Counted, profile::Profile};

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
    /// Whether the rate is that of as many workers.
    pub verdict: Verdict,
    /// The reason of a verdict other than PASS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

impl Sample {
    pub fn of(load: &'static str, kind: Kind, repeat: u32, counted: Vec<Counted>) -> Self {
        let rate = |c: &Counted| c.operations as f64 * 1e9 / c.wall_ns.max(1) as f64;
        let rates = || counted.iter().map(rate);
        let operations: u64 = counted.iter().map(|c| c.operations).sum();
        let cpu_ns: u64 = counted.iter().map(|c| c.cpu_ns).sum();
        let (verdict, reason) = match counted.iter().filter(|c| c.operations > 0).count() {
            0 => (
                Verdict::NotMeasured,
                Some("no worker completed an operation; run it longer"),
            ),
            n if n < counted.len() => (
                Verdict::Inconclusive,
                Some("a worker completed no operation; run it longer"),
            ),
            _ => (Verdict::Pass, None),
        };
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
            verdict,
            reason,
            profile: None,
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
        assert_eq!((idle.jain, idle.verdict), (1.0, Verdict::NotMeasured));
        assert!(idle.reason.is_some());
        assert_eq!((sample.verdict, sample.reason), (Verdict::Pass, None));
    }

    #[test]
    fn rate_of_fewer_workers_is_inconclusive() {
        let mut counted = vec![Counted::default(); 2];
        counted[0].operations = 9;
        let half = Sample::of("x", Kind::Threads, 1, counted);
        assert_eq!(half.verdict, Verdict::Inconclusive);
        let json = serde_json::to_string(&half).unwrap();
        let end = r#""verdict":"INCONCLUSIVE","reason":"a worker completed no operation; run it longer"}"#;
        assert!(json.ends_with(end), "{json}");
    }
}

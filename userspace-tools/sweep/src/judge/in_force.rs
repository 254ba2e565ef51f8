// SPDX-License-Identifier: GPL-2.0

//! Whether the host did what an axis says: its scheduler slice, or the length of injected preemptions.
//!
//! What was set is no abscissa by itself. Threads of other processes end a slice early, and a busy host resumes
//! a stopped vCPU late. The record has what the vCPUs had.

use crate::store::{
    provenance::Provenance,
    slice::{ms, slices},
};

/// What is in force is this many times as long as what was set. The least allows for others that preempt a vCPU;
/// the most for the host's tick, at which it preempts, and for vCPUs that had a CPU for themselves meanwhile.
const ALLOWED: (f64, f64) = (0.5, 3.0);

/// Refuses `values` of `axis` that were not in force. Any are of an axis that the host is not asked for.
pub fn check(
    axis: &str,
    values: impl Iterator<Item = u64>,
    provenance: &Provenance,
) -> Result<(), String> {
    let (measured, next): (fn(u64, &Provenance) -> Measured, _) = match axis {
        "slice_us" => (
            slice,
            "CPUs on which nothing else runs, or scripts/experiments/locks-stops.toml",
        ),
        "preempt_ms" => (stop, "CPUs on which nothing else runs"),
        _ => return Ok(()),
    };
    let not: Vec<String> = values
        .map(|value| measured(value, provenance))
        .filter(|measured| !measured.is_in_force())
        .map(|measured| measured.text())
        .collect();
    match not.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{axis} was not in force ({}; allowed: {} to {} times what was set). Try: {next}",
            not.join("; "),
            ALLOWED.0,
            ALLOWED.1
        )),
    }
}

/// A length that was set, and what vCPUs had; in microseconds.
struct Measured {
    set_us: f64,
    /// None if there was none, or if it was not recorded.
    had_us: Option<f64>,
    /// What they had: `a vCPU ran` … `per preemption`.
    words: [&'static str; 2],
}

impl Measured {
    fn is_in_force(&self) -> bool {
        let (least, most) = ALLOWED;
        self.had_us
            .is_some_and(|had| (self.set_us * least..=self.set_us * most).contains(&had))
    }

    fn text(&self) -> String {
        let (set, [before, after]) = (ms(self.set_us), self.words);
        match self.had_us {
            Some(had) => format!("{set} set, {before} {} {after}", ms(had)),
            None => format!("{set} set, none recorded"),
        }
    }
}

/// What the vCPUs of the guests with that slice ran per preemption.
fn slice(us: u64, of: &Provenance) -> Measured {
    let all = slices(of).into_iter();
    let mut mine = all.filter(|slice| slice.asked_us.map(u64::from) == Some(us));
    Measured {
        set_us: us as f64,
        had_us: mine.find_map(|slice| slice.ran_us),
        words: ["a vCPU ran", "per preemption"],
    }
}

/// The mean length of the stops that were to last so long.
fn stop(ms: u64, of: &Provenance) -> Measured {
    let boots = of.boots.iter().filter_map(|boot| boot.vm.as_ref());
    let log = boots.flat_map(|vm| &vm.last.vcpus_report.preemption_log);
    let stops = log.filter(|stop| stop.ms == ms);
    let lengths = stops.filter_map(|stop| {
        let (began_us, ended_us) = stop.stop_us()?;
        Some(ended_us.saturating_sub(began_us) as f64)
    });
    let (sum, count) = lengths.fold((0.0, 0.0), |(sum, count), us| (sum + us, count + 1.0));
    Measured {
        set_us: ms as f64 * 1e3,
        had_us: (count > 0.0).then(|| sum / count),
        words: ["a vCPU was stopped for", "on average"],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, Value};
    use vm_record::Record;

    use super::*;
    use crate::store::provenance::Booted;

    const PROVENANCE: &str =
        include_str!("../../../results/tests/fixtures/schema-3/result/provenance.json");

    /// A result of one boot whose host logged these stops: meant to last for so many ms, and lasted.
    fn stopped(stops: &[(u64, u64)]) -> Provenance {
        let log: Vec<Value> = stops
            .iter()
            .map(|(ms, had)| {
                json!({ "vcpu": 1, "ms": ms, "requested_us": 5, "outcome": "served",
                        "began_us": 10, "ended_us": 10 + had * 1000 })
            })
            .collect();
        let record = json!({ "tier": "tcg", "outcome": { "class": "exited", "status": 0 },
                             "preemption_log": log });
        let record: Record = serde_json::from_value(record).expect("a record");
        let mut provenance: Provenance = serde_json::from_str(PROVENANCE).expect("a provenance");
        provenance.boots = vec![Booted {
            vm: Some(record),
            ..Booted::default()
        }];
        provenance
    }

    #[test]
    fn stops_are_in_force_if_they_last_about_as_long_as_asked_for() {
        let check = |stops| {
            let values = [5, 200].into_iter();
            check("preempt_ms", values, &stopped(stops))
        };
        assert_eq!(check(&[(5, 5), (5, 9), (200, 201)]), Ok(()));
        let late = check(&[(5, 5), (5, 95), (200, 201)]).expect_err("50 ms");
        assert!(
            late.contains("(5.0 ms set, a vCPU was stopped for 50.0 ms on average; allowed: 0.5"),
            "{late}"
        );
        let none = check(&[(5, 5)]).expect_err("no stop of 200 ms");
        assert!(none.contains("(200.0 ms set, none recorded; "), "{none}");
    }

    #[test]
    fn axis_that_the_host_is_not_asked_for_is_always_in_force() {
        assert_eq!(check("hold_ns", [200].into_iter(), &stopped(&[])), Ok(()));
        let slice = check("slice_us", [4000].into_iter(), &stopped(&[]));
        assert!(slice.is_err_and(|why| why.contains("4.0 ms set, none recorded")));
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Times of a run, from the user's command to the tables.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};
use vm_record::Record;

/// Environment variable: start of the user's command, in seconds since 1970; `make` sets it.
pub const STARTED: &str = "SLOWPATH_BEGAN";

/// Times of a run, in seconds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Times {
    /// From the user's command to the start of `sweep`.
    pub setup_s: Option<f64>,
    /// From the start of QEMU to the guest's first command.
    pub boot_s: Option<f64>,
    /// The experiment's runs.
    pub experiment_s: Option<f64>,
    /// Everything else in `vm`: finding the tier, retries, shutdown.
    pub vm_s: f64,
    /// From the user's command, or else the start of `sweep`, to the tables.
    pub total_s: f64,
}

/// A clock that starts with the user's command.
#[derive(Debug)]
pub struct Clock {
    setup: Option<Duration>,
    began: Instant,
}

impl Clock {
    /// Starts it, given the value of [`STARTED`].
    pub fn start(started: Option<&str>) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let started = started.and_then(|text| text.trim().parse::<f64>().ok());
        let since = |started: f64| {
            now.ok()?
                .checked_sub(Duration::try_from_secs_f64(started).ok()?)
        };
        Self {
            setup: started.and_then(since),
            began: Instant::now(),
        }
    }

    /// Reads it, given the seconds of each guest boot and the record of `vm`.
    pub fn read<'a>(&self, boots: impl Iterator<Item = (f64, Option<&'a Record>)>) -> Times {
        let mut sums = Times {
            setup_s: self.setup.map(|setup| setup.as_secs_f64()),
            total_s: (self.setup.unwrap_or_default() + self.began.elapsed()).as_secs_f64(),
            ..Times::default()
        };
        for (took, record) in boots {
            let times = record.map(|record| &record.last.times);
            let seconds = |ms: Option<u64>| Some(ms? as f64 / 1000.0);
            let boot = seconds(times.and_then(|times| times.qemu_start_to_first_command_ms));
            let end = seconds(times.and_then(|times| times.qemu_start_to_command_end_ms));
            let ran = end.zip(boot).map(|(end, boot)| end - boot);
            add(&mut sums.boot_s, boot);
            add(&mut sums.experiment_s, ran);
            sums.vm_s += took - boot.unwrap_or(0.0) - ran.unwrap_or(0.0);
        }
        sums
    }
}

fn add(sum: &mut Option<f64>, more: Option<f64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0.0) + more);
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |what: &str, s: f64| writeln!(f, "  {what:<42} {s:>6.1} s");
        if let Some(s) = self.setup_s {
            line("set-up (toolbox, kernel, builds)", s)?;
        }
        if let Some(s) = self.boot_s {
            line("QEMU start to the guest's first command", s)?;
        }
        if let Some(s) = self.experiment_s {
            line("the experiment's runs", s)?;
        }
        let rest = match self.experiment_s {
            Some(_) => "guest shutdown, and finding the tier",
            None => "a guest that did not complete",
        };
        line(rest, self.vm_s)?;
        line("total", self.total_s)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn setup_is_the_time_before_sweep_started() {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        let started = (now.as_secs_f64() - 3.0).to_string();
        let times = Clock::start(Some(&started)).read([(10.0, None)].into_iter());
        assert!((times.setup_s.unwrap() - 3.0).abs() < 0.5, "{times:?}");
        assert!(times.total_s >= 2.9, "{times:?}");
    }

    #[test]
    fn record_of_vm_divides_its_time() {
        let record = json!({ "tier": "tcg", "outcome": { "class": "exited", "status": 0 }, "times": {
            "qemu_start_to_first_command_ms": 4000, "qemu_start_to_command_end_ms": 9000,
        }});
        let record = serde_json::from_value(record).unwrap();
        let times = Clock::start(None).read([(10.0, Some(&record))].into_iter());
        let parts = (times.boot_s, times.experiment_s, times.vm_s);
        assert_eq!(parts, (Some(4.0), Some(5.0), 1.0));
    }

    #[test]
    fn setup_is_unknown_without_a_start() {
        for started in [None, Some("x"), Some("99999999999"), Some("-1")] {
            let times = Clock::start(started).read([(1.0, None)].into_iter());
            assert_eq!(times.setup_s, None, "{started:?}");
            assert!(!times.to_string().contains("set-up"));
        }
    }
}

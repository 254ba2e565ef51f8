// SPDX-License-Identifier: GPL-2.0

//! Where the time went, from the user's first command to the tables.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// When the user's command began, in seconds since 1970; `make` sets it.
pub const STARTED: &str = "SLOWPATH_BEGAN";

/// Where the time went, in seconds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Times {
    /// From the user's command to the start of `sweep`.
    pub setup_s: Option<f64>,
    /// From the start of QEMU to the guest's first command.
    pub boot_s: Option<f64>,
    /// The experiment's runs.
    pub experiment_s: Option<f64>,
    /// All else that `vm` did: finding the tier, guests that were lost, the way down.
    pub vm_s: f64,
    /// From the user's command, or the start of `sweep` if that is not known, to the tables.
    pub total_s: f64,
}

/// A clock that begins with the user's command.
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

    /// Reads it, given of each boot how many seconds `vm` took and what it recorded.
    pub fn read<'a>(&self, boots: impl Iterator<Item = (f64, &'a Value)>) -> Times {
        let mut times = Times {
            setup_s: self.setup.map(|setup| setup.as_secs_f64()),
            total_s: (self.setup.unwrap_or_default() + self.began.elapsed()).as_secs_f64(),
            ..Times::default()
        };
        for (took, record) in boots {
            let since = |name: &str| {
                let ms = record.pointer("/times")?.get(name)?.as_f64()?;
                Some(ms / 1000.0)
            };
            let boot = since("qemu_start_to_first_command_ms");
            let end = since("qemu_start_to_command_end_ms");
            let ran = end.zip(boot).map(|(end, boot)| end - boot);
            add(&mut times.boot_s, boot);
            add(&mut times.experiment_s, ran);
            times.vm_s += took - boot.unwrap_or(0.0) - ran.unwrap_or(0.0);
        }
        times
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
            Some(_) => "the guest's end, and finding the tier",
            None => "a guest that did not come to its end",
        };
        line(rest, self.vm_s)?;
        line("in all", self.total_s)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn set_up_is_what_passed_before_sweep_began() {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        let started = (now.as_secs_f64() - 3.0).to_string();
        let times = Clock::start(Some(&started)).read([(10.0, &Value::Null)].into_iter());
        assert!((times.setup_s.unwrap() - 3.0).abs() < 0.5, "{times:?}");
        assert!(times.total_s >= 2.9, "{times:?}");
    }

    #[test]
    fn what_vm_took_is_parted_by_its_record() {
        let record = json!({ "times": {
            "qemu_start_to_first_command_ms": 4000, "qemu_start_to_command_end_ms": 9000,
        }});
        let times = Clock::start(None).read([(10.0, &record)].into_iter());
        let parts = (times.boot_s, times.experiment_s, times.vm_s);
        assert_eq!(parts, (Some(4.0), Some(5.0), 1.0));
    }

    #[test]
    fn without_a_start_nothing_is_made_up() {
        for started in [None, Some("x"), Some("99999999999"), Some("-1")] {
            let times = Clock::start(started).read([(1.0, &Value::Null)].into_iter());
            assert_eq!(times.setup_s, None, "{started:?}");
            assert!(!times.to_string().contains("set-up"));
        }
    }
}

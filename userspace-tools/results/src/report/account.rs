// SPDX-License-Identifier: GPL-2.0

//! Time accounting of a job: every nanosecond of `workers × time` in one category.

use abi::job_runner::Worker;

use crate::count::total;

/// The time of all workers together, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    /// `workers × time`.
    pub all: f64,
    /// In the job's function.
    pub busy: f64,
    /// The part of `busy` in which the vCPU did not run.
    pub lost: f64,
    /// From the call until the worker began.
    pub start: f64,
    /// Taking chunks.
    pub dispatch: f64,
    /// Asleep for the cap.
    pub asleep: f64,
    /// From when the worker found nothing left until the return.
    pub idle: f64,
}

impl Account {
    /// The account of a job that took `time_ms`.
    pub fn of(time_ms: f64, all: &[Worker]) -> Self {
        let workers = |of: fn(&Worker) -> u64| total(all.iter().map(of)) as f64 / 1e6;
        Self {
            all: time_ms * all.len() as f64,
            busy: workers(|w| w.busy_ns),
            lost: workers(|w| w.lost_ns),
            start: workers(|w| w.start_ns),
            dispatch: workers(|w| w.handout_ns),
            asleep: workers(|w| w.asleep_ns),
            idle: workers(|w| w.idle_ns),
        }
    }

    /// The rest: bookkeeping between two clock reads.
    pub fn rest(&self) -> f64 {
        self.all - self.busy - self.start - self.dispatch - self.asleep - self.idle
    }

    /// A part of it in percent; none if no worker took any time.
    pub fn percent(&self, part: f64) -> Option<f64> {
        (self.all > 0.0).then(|| part * 100.0 / self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_is_what_no_category_has() {
        let account = Account {
            all: 100.0,
            busy: 80.0,
            lost: 10.0,
            start: 5.0,
            dispatch: 1.0,
            asleep: 0.0,
            idle: 13.5,
        };
        assert_eq!(account.rest(), 0.5);
        assert_eq!(account.percent(account.idle), Some(13.5));
        assert_eq!(Account::default().percent(0.0), None);
    }
}

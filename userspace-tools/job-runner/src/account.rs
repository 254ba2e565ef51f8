// SPDX-License-Identifier: GPL-2.0

//! Time accounting: every nanosecond of `workers × time` in one category.

use abi::job_runner::Worker;
use results::{Clock, JobRunner};
use statistics::percent;

/// The categories and a worker's time in each, in nanoseconds.
type Category = (&'static str, fn(&Worker) -> u64);
const CATEGORIES: [Category; 4] = [
    // From the call until the worker began.
    ("start", |w| w.start_ns),
    // Taking chunks.
    ("dispatch", |w| w.handout_ns),
    // Asleep for the cap.
    ("asleep", |w| w.asleep_ns),
    // From when the worker found nothing left until the return.
    ("idle", |w| w.idle_ns),
];

/// The time of all workers, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    /// `workers × time`.
    pub all: f64,
    /// In the job's function.
    pub busy: f64,
    /// The part of `busy` in which the vCPU did not run.
    pub lost: f64,
    /// In each of [`CATEGORIES`].
    pub parts: [f64; CATEGORIES.len()],
}

/// The account of some runs: medians.
pub fn account(runs: &[JobRunner]) -> Account {
    let median = |of: &dyn Fn(&JobRunner) -> f64| {
        statistics::median(runs.iter().map(of)).unwrap_or_default()
    };
    let workers = |of: fn(&Worker) -> u64| {
        median(&|run| run.workers.iter().map(of).sum::<u64>() as f64 / 1e6)
    };
    Account {
        all: median(&|run| run.time_ms() * run.workers.len() as f64),
        busy: workers(|w| w.busy_ns),
        lost: workers(|w| w.lost_ns),
        parts: CATEGORIES.map(|(_, of)| workers(of)),
    }
}

impl Account {
    /// The rest: bookkeeping between two clock reads.
    pub fn rest(&self) -> f64 {
        self.all - self.busy - self.parts.iter().sum::<f64>()
    }
}

/// One line; `alone` is the busy time of one worker alone, in ms.
pub fn line(account: &Account, workers: u32, alone: Option<f64>) -> String {
    let share = |part: f64| format!("{:.1}%", percent(part, account.all));
    let busy = match alone {
        None => format!("busy {}", share(account.busy)),
        Some(alone) => {
            let slower = share(account.busy - alone);
            format!("work {} + slower {slower}", share(alone))
        }
    };
    let parts = CATEGORIES.iter().zip(account.parts);
    let parts = parts.map(|((name, _), part)| format!(" + {name} {}", share(part)));
    let parts = parts.collect::<Vec<_>>().concat();
    let (lost, rest) = (share(account.lost), share(account.rest()));
    format!(
        "{workers:>3} workers: {busy} (lost {lost}){parts} + rest {rest} = {:.1} {}",
        account.all,
        Clock::here().multiples()[1]
    )
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
            parts: [5.0, 1.0, 0.0, 13.5],
        };
        assert_eq!(account.rest(), 0.5);
        let line = line(&account, 2, Some(70.0));
        let busy = "work 70.0% + slower 10.0% (lost 10.0%) + start 5.0%";
        assert!(line.contains(busy), "{line}");
        assert!(line.contains("idle 13.5% + rest 0.5% = 100.0 ms"), "{line}");
    }
}

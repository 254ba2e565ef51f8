// SPDX-License-Identifier: GPL-2.0

//! Where the workers' time went: every nanosecond of `workers × time` has one name.

use results::{Cell, JobRunner};
use statistics::percent;

/// The time of all workers of one run, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    /// `workers × time`.
    pub all: f64,
    /// From the call until each began.
    pub start: f64,
    /// In the job's function …
    pub busy: f64,
    /// … of which the vCPU was away.
    pub lost: f64,
    /// Taking chunks.
    pub handout: f64,
    /// Asleep for the cap.
    pub asleep: f64,
    /// From when each found nothing left.
    pub idle: f64,
}

impl Account {
    /// Of one run.
    pub fn of(report: &JobRunner) -> Self {
        let ms = |of: fn(&abi::job_runner::Worker) -> u64| {
            report.workers.iter().map(of).sum::<u64>() as f64 / 1e6
        };
        Self {
            all: report.time_ms() * report.workers.len() as f64,
            start: ms(|w| w.start_ns),
            busy: ms(|w| w.busy_ns),
            lost: ms(|w| w.lost_ns),
            handout: ms(|w| w.handout_ns),
            asleep: ms(|w| w.asleep_ns),
            idle: ms(|w| w.idle_ns),
        }
    }

    /// What has no name: bookkeeping between two looks at the clock.
    pub fn rest(&self) -> f64 {
        self.all - self.start - self.busy - self.handout - self.asleep - self.idle
    }
}

/// The medians of a point's runs.
pub fn account(point: &Cell<JobRunner>) -> Account {
    let median = |of: fn(&Account) -> f64| point.median(|run| of(&Account::of(run)));
    Account {
        all: median(|a| a.all),
        start: median(|a| a.start),
        busy: median(|a| a.busy),
        lost: median(|a| a.lost),
        handout: median(|a| a.handout),
        asleep: median(|a| a.asleep),
        idle: median(|a| a.idle),
    }
}

/// One line: all the workers' time beside that of one worker alone, whose work took `alone` ms.
pub fn line(account: &Account, workers: u32, alone: Option<f64>) -> String {
    let share = |part: f64| format!("{:.1}%", percent(part, account.all));
    let work = alone.map_or("busy".into(), |alone| {
        format!(
            "work {} + slower {}",
            share(alone),
            share(account.busy - alone)
        )
    });
    let work = match alone {
        None => format!("{work} {}", share(account.busy)),
        Some(_) => work,
    };
    format!(
        "{workers:>3} workers: {work} (lost {}) + start {} + hand-out {} + asleep {} + idle {} + \
         rest {} = {:.1} ms",
        share(account.lost),
        share(account.start),
        share(account.handout),
        share(account.asleep),
        share(account.idle),
        share(account.rest()),
        account.all,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_is_the_rest() {
        let account = Account {
            all: 100.0,
            start: 5.0,
            busy: 80.0,
            lost: 10.0,
            handout: 1.0,
            asleep: 0.0,
            idle: 13.5,
        };
        assert_eq!(account.rest(), 0.5);
        let line = line(&account, 2, Some(70.0));
        assert!(
            line.contains("work 70.0% + slower 10.0% (lost 10.0%)"),
            "{line}"
        );
        assert!(line.contains("idle 13.5% + rest 0.5% = 100.0 ms"), "{line}");
    }
}

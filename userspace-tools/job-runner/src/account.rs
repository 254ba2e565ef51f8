// SPDX-License-Identifier: GPL-2.0

//! Time accounting: every nanosecond of `workers × time` in one category.

use results::{Cell, JobRunner};
use statistics::percent;

/// The time of all workers of one run, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    /// `workers × time`.
    pub all: f64,
    /// From the call until each began.
    pub start: f64,
    /// In the job's function.
    pub busy: f64,
    /// The part of `busy` in which the vCPU did not run.
    pub lost: f64,
    /// Dispatch: taking chunks.
    pub handout: f64,
    /// Asleep for the cap.
    pub asleep: f64,
    /// From when each found nothing left until the return.
    pub idle: f64,
}

impl Account {
    /// The account of one run.
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

    /// The rest: bookkeeping between two clock reads.
    pub fn rest(&self) -> f64 {
        self.all - self.start - self.busy - self.handout - self.asleep - self.idle
    }
}

/// The medians over a cell's runs.
pub fn account(cell: &Cell<JobRunner>) -> Account {
    let median = |of: fn(&Account) -> f64| cell.median(|run| of(&Account::of(run)));
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
    format!(
        "{workers:>3} workers: {busy} (lost {}) + start {} + dispatch {} + asleep {} + idle {} + \
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
    fn rest_is_what_no_category_has() {
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

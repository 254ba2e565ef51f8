// SPDX-License-Identifier: GPL-2.0

//! Line of the time accounting: every nanosecond of `workers × time` in one category.

use results::{Account, Clock, JobRunner};
use statistics::percent;

/// The account of some runs: medians.
pub fn account(runs: &[JobRunner]) -> Account {
    let each = || runs.iter().map(JobRunner::account);
    let median = |of: fn(&Account) -> f64| {
        let all = each().map(|account| of(&account));
        statistics::median(all).unwrap_or_default()
    };
    Account {
        all: median(|of| of.all),
        busy: median(|of| of.busy),
        lost: median(|of| of.lost),
        start: median(|of| of.start),
        dispatch: median(|of| of.dispatch),
        asleep: median(|of| of.asleep),
        idle: median(|of| of.idle),
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
    let parts = [
        ("start", account.start),
        ("dispatch", account.dispatch),
        ("asleep", account.asleep),
        ("idle", account.idle),
    ];
    let parts = parts.map(|(name, part)| format!(" + {name} {}", share(part)));
    let parts = parts.concat();
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
    fn line_has_every_category_in_percent() {
        let account = Account {
            all: 100.0,
            busy: 80.0,
            lost: 10.0,
            start: 5.0,
            dispatch: 1.0,
            asleep: 0.0,
            idle: 13.5,
        };
        let line = line(&account, 2, Some(70.0));
        let busy = "work 70.0% + slower 10.0% (lost 10.0%) + start 5.0% + dispatch 1.0%";
        assert!(line.contains(busy), "{line}");
        assert!(line.contains("idle 13.5% + rest 0.5% = 100.0 ms"), "{line}");
    }
}

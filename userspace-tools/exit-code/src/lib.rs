// SPDX-License-Identifier: GPL-2.0

//! Exit codes of the tools: one for each meaning, the same in every tool.
//!
//! `vm` passes the code of its command on, and has codes of its own for failures of the guest.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// How a tool ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// All that was asked for is done, and no verdict is worse than PASS.
    Pass,
    /// A verdict is FAIL.
    Fail,
    /// The command cannot be carried out as it was given.
    Usage,
    /// A verdict is INCONCLUSIVE, and none is worse.
    Inconclusive,
    /// Something was not measured, or the command did not complete.
    NotMeasured,
    /// A signal ended it.
    Signal(u8),
}

impl Exit {
    /// Every exit; SIGINT stands for all signals.
    const ALL: [Self; 6] = [
        Self::Pass,
        Self::Fail,
        Self::Usage,
        Self::Inconclusive,
        Self::NotMeasured,
        Self::Signal(2),
    ];

    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::NotMeasured => 4,
            Self::Signal(signal) => 128 + signal,
        }
    }

    /// The verdict or cause, and what it means.
    pub const fn meaning(self) -> [&'static str; 2] {
        match self {
            Self::Pass => ["PASS", "done as asked; every verdict is PASS or SKIP"],
            Self::Fail => [
                "FAIL",
                "a verdict is FAIL: an oracle, rule, claim, test or comparison",
            ],
            Self::Usage => [
                "usage",
                "the command line, a file that it names or a setting is wrong; nothing was run",
            ],
            Self::Inconclusive => ["INCONCLUSIVE", "more boots or a longer run are needed; no verdict is worse"],
            Self::NotMeasured => [
                "NOT MEASURED",
                "something was not measured, is missing or unreadable, or the command did not complete",
            ],
            Self::Signal(_) => [
                "signal",
                "128 and its number: 129 SIGHUP, 130 SIGINT, 143 SIGTERM",
            ],
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Signal(_) => "128+N".into(),
            exit => exit.code().to_string(),
        }
    }
}

/// All exit codes, for `--help`.
pub fn help() -> String {
    let lines = Exit::ALL.map(|exit| {
        let [word, meaning] = exit.meaning();
        format!("\n  {:<6} {word}: {meaning}", exit.shown())
    });
    format!("Exit codes:{}", lines.concat())
}

/// All exit codes as the rows of a Markdown table.
pub fn table() -> String {
    let rows = Exit::ALL.map(|exit| {
        let [word, meaning] = exit.meaning();
        format!("| {} | {word} | {meaning} |\n", exit.shown())
    });
    format!(
        "| exit code | verdict or cause | meaning |\n|---|---|---|\n{}",
        rows.concat()
    )
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_meaning() {
        let mut codes = Exit::ALL.map(Exit::code).to_vec();
        codes.dedup();
        assert_eq!(codes, [0, 1, 2, 3, 4, 130]);
        assert_eq!(help().lines().count(), 1 + codes.len());
    }
}

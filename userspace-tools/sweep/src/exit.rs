// SPDX-License-Identifier: GPL-2.0

//! Exit codes: one for each way in which a command can end.

use std::{fmt::Write, process::ExitCode};

use crate::{
    console::{interrupt, usage::Usage},
    judge::verdict::Verdict,
};

/// How the process ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Every verdict is PASS.
    Pass,
    /// A verdict is FAIL or NOT MEASURED, or the command did not complete.
    Fail,
    /// The command line or a file given on it is wrong.
    Usage,
    /// A verdict is INCONCLUSIVE, and none is FAIL.
    Inconclusive,
    /// A signal ended the command.
    Signal(u8),
}

impl Exit {
    /// The exit of a command that returned `result`.
    pub fn of(result: &anyhow::Result<Verdict>) -> Self {
        match result {
            Ok(Verdict::Pass | Verdict::Skip) => Self::Pass,
            Ok(Verdict::Inconclusive) => Self::Inconclusive,
            Ok(Verdict::Fail | Verdict::NotMeasured) => Self::Fail,
            Err(error) if error.is::<Usage>() => Self::Usage,
            Err(_) => interrupt::signal().map_or(Self::Fail, Self::Signal),
        }
    }

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Signal(signal) => 128 + signal,
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Pass => "PASS: every oracle, rule and claim",
            Self::Fail => {
                "FAIL or NOT MEASURED: an oracle, rule, claim or comparison; or the command did not complete"
            }
            Self::Usage => "usage: no such file, or an experiment that cannot be run as written",
            Self::Inconclusive => "INCONCLUSIVE: a rule or a comparison needs more repeats",
            Self::Signal(_) => "interrupted: 128 and the signal's number (SIGINT here)",
        }
    }

    /// All exit codes with their meanings, a line each.
    pub fn help() -> String {
        let sigint = signal_hook::consts::SIGINT as u8;
        let mut text = String::new();
        for exit in [
            Self::Pass,
            Self::Fail,
            Self::Usage,
            Self::Inconclusive,
            Self::Signal(sigint),
        ] {
            let _ = writeln!(text, "  {:<4} {}", exit.code(), exit.meaning());
        }
        text
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

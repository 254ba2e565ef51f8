// SPDX-License-Identifier: GPL-2.0

//! Output of `validate`: a table, KTAP or JSON.

use std::io::{self, IsTerminal};

use debugfs::tool::say;
use results::{table::grid, Outcome};

use super::check::Done;

/// The checks made so far, and the form of the output.
pub struct Show {
    ktap: bool,
    json: bool,
    count: usize,
    done: Vec<Done>,
}

impl Show {
    /// Begins the output of `count` checks.
    pub fn begin(ktap: bool, json: bool, count: usize) -> io::Result<Self> {
        if ktap {
            say(&format!("KTAP version 1\n1..{count}"))?;
        }
        Ok(Self {
            ktap,
            json,
            count,
            done: Vec::new(),
        })
    }

    /// Shows the current check on a terminal.
    pub fn now(&self, name: &str) {
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K[{}/{}] {name}", self.done.len() + 1, self.count);
        }
    }

    /// Adds a check that was made.
    pub fn add(&mut self, done: Done) -> io::Result<()> {
        self.done.push(done);
        match (self.ktap, self.done.last()) {
            (true, Some(done)) => say(&ktap(self.done.len(), done)),
            _ => Ok(()),
        }
    }

    /// Ends the output; returns whether a check failed.
    pub fn end(self) -> io::Result<bool> {
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        let count = |outcome| self.done.iter().filter(|d| d.outcome == outcome).count();
        let failed = count(Outcome::Fail);
        if self.json {
            let json = serde_json::json!({
                "schema": abi::SCHEMA, "passed": failed == 0, "checks": self.done,
            });
            say(&json.to_string())?;
        } else if !self.ktap {
            let mut table = grid(&["check", "measured", "allowed", "verdict"]);
            for done in &self.done {
                let verdict = done.outcome.to_string();
                table.add_row([&done.check, &done.measured, &done.allowed, &verdict]);
            }
            say(&format!(
                "{}\n\n{} passed, {failed} failed, {} skipped: paravirt locking {} here",
                table.trim_fmt(),
                count(Outcome::Pass),
                count(Outcome::Skip),
                ["works", "DOES NOT WORK"][usize::from(failed > 0)]
            ))?;
        }
        Ok(failed > 0)
    }
}

/// The output for programs of a machine on which no check can be made, if it is asked for.
pub fn refusal(ktap: bool, json: bool, error: &anyhow::Error) -> Option<String> {
    let why = format!("{error:#}");
    if json {
        let json = serde_json::json!({
            "schema": abi::SCHEMA, "passed": false, "checks": [], "error": why,
        });
        return Some(json.to_string());
    }
    let lines = format!("KTAP version 1\n1..1\nnot ok 1 machine: {}", plain(&why));
    ktap.then_some(lines)
}

/// A text within a line of KTAP, where a `#` would begin a directive.
fn plain(text: &str) -> String {
    text.replace(['#', '\n'], " ")
}

fn ktap(number: usize, done: &Done) -> String {
    let (check, measured) = (plain(&done.check), plain(&done.measured));
    match done.outcome {
        Outcome::Skip => format!("ok {number} {check} # SKIP {measured}"),
        outcome if outcome.failed() => format!(
            "not ok {number} {check}: {measured}\n# allowed: {}",
            plain(&done.allowed)
        ),
        _ => format!("ok {number} {check}: {measured}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_a_refusal() {
        let error = anyhow::anyhow!("one vCPU # is online");
        assert_eq!(refusal(false, false, &error), None);
        let ktap = refusal(true, false, &error).unwrap();
        assert!(ktap.ends_with("not ok 1 machine: one vCPU   is online"));
        let json: serde_json::Value =
            serde_json::from_str(&refusal(false, true, &error).unwrap()).unwrap();
        assert_eq!(json["passed"], false);
        assert_eq!(json["error"], "one vCPU # is online");
    }
}

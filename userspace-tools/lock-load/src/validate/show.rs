// SPDX-License-Identifier: GPL-2.0

//! The verdicts, for people and for machines.

use std::io::{self, IsTerminal, Write};

use results::table::grid;
use serde::Serialize;

use super::check::{Done, Verdict};

/// How the verdicts are shown.
pub struct Show {
    ktap: bool,
    json: bool,
    count: usize,
    done: Vec<Done>,
}

/// All of them as JSON.
#[derive(Serialize)]
struct Record<'a> {
    schema: u32,
    holds: bool,
    checks: &'a [Done],
}

impl Show {
    /// Begins with as many checks to come as `count`.
    pub fn begin(ktap: bool, json: bool, count: usize) -> Self {
        let show = Self {
            ktap,
            json,
            count,
            done: Vec::new(),
        };
        if ktap {
            say(&format!("KTAP version 1\n1..{count}"));
        }
        show
    }

    /// Tells somebody who watches what is being checked.
    pub fn now(&self, name: &str) {
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K[{}/{}] {name}", self.done.len() + 1, self.count);
        }
    }

    /// Adds a check that was made.
    pub fn add(&mut self, done: Done) {
        if self.ktap {
            say(&ktap(self.done.len() + 1, &done));
        }
        self.done.push(done);
    }

    /// Shows what is left to show; returns whether something fails.
    pub fn end(self) -> anyhow::Result<bool> {
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        let count = |verdict| self.done.iter().filter(|d| d.verdict == verdict).count();
        let fails = count(Verdict::Fails);
        if self.json {
            let record = Record {
                schema: abi::SCHEMA,
                holds: fails == 0,
                checks: &self.done,
            };
            say(&serde_json::to_string(&record)?);
        } else if !self.ktap {
            let mut table = grid(&["check", "measured", "allowed", "verdict"]);
            for done in &self.done {
                let verdict = word(done.verdict);
                table.add_row([&done.check, &done.measured, &done.allowed, verdict]);
            }
            let (holds, skipped) = (count(Verdict::Holds), count(Verdict::Skipped));
            say(&format!(
                "{}\n\n{holds} hold, {fails} fail, {skipped} skipped: paravirt locking {} here",
                table.trim_fmt(),
                if fails == 0 { "works" } else { "DOES NOT WORK" }
            ));
        }
        Ok(fails > 0)
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "FAILS",
        Verdict::Skipped => "skipped",
    }
}

/// A line of KTAP: a `#` would begin a directive.
fn ktap(number: usize, done: &Done) -> String {
    let plain = |text: &str| text.replace(['#', '\n'], " ");
    let (check, measured) = (plain(&done.check), plain(&done.measured));
    match done.verdict {
        Verdict::Holds => format!("ok {number} {check}: {measured}"),
        Verdict::Fails => format!(
            "not ok {number} {check}: {measured}\n# allowed: {}",
            plain(&done.allowed)
        ),
        Verdict::Skipped => format!("ok {number} {check} # SKIP {measured}"),
    }
}

/// Prints a line; a reader that has gone does not end the checks.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{}", text.trim_end());
    let _ = out.flush();
}

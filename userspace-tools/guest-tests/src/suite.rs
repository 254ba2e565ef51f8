// SPDX-License-Identifier: GPL-2.0

//! Tests: their names, their execution one after the other, the counts.

use std::io::{self, Write};

use anyhow::Result;

use crate::kernel_log::KernelLog;

/// The body of a test without parameters.
pub type Body = fn() -> Result<()>;

pub struct Test {
    /// Its name: a path and a sentence.
    pub name: String,
    body: Box<dyn Fn() -> Result<()>>,
}

impl Test {
    pub fn new(name: impl Into<String>, body: impl Fn() -> Result<()> + 'static) -> Self {
        Self {
            name: name.into(),
            body: Box::new(body),
        }
    }
}

/// Tests whose names begin with `path`.
pub fn group(path: &str, tests: &[(&str, Body)]) -> Vec<Test> {
    let test = |(name, body): &(&str, Body)| Test::new(format!("{path}/{name}"), *body);
    tests.iter().map(test).collect()
}

/// Runs all tests and prints each result; returns whether all passed.
pub fn run(tests: Vec<Test>) -> bool {
    let (mut passed, mut failed) = (0, 0);
    for test in tests {
        match attempt(&test) {
            Ok(()) => {
                passed += 1;
                say(&format!("ok {}", test.name));
            }
            Err(why) => {
                failed += 1;
                say(&format!("FAILED {}: {why:#}", test.name));
            }
        }
    }
    say(&format!("{passed} passed, {failed} failed"));
    failed == 0
}

/// Prints a line. A reader that has gone does not end the tests, which restore what they change.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{}", line.trim_end());
}

/// Runs a test; it fails as well if the kernel logs a complaint.
fn attempt(test: &Test) -> Result<()> {
    let mut log = KernelLog::from_now()?;
    let outcome = (test.body)();
    log.no_splat()?;
    outcome
}

// SPDX-License-Identifier: GPL-2.0

//! Runs tests one after the other and counts them.

use std::io::{self, Write};

use anyhow::Result;

use crate::kernel_log::KernelLog;

/// One test.
pub struct Test {
    /// What it is called, as a path and a sentence.
    pub name: String,
    body: Box<dyn Fn() -> Result<()>>,
}

impl Test {
    /// A test called `name`.
    pub fn new(name: impl Into<String>, body: impl Fn() -> Result<()> + 'static) -> Self {
        Self {
            name: name.into(),
            body: Box::new(body),
        }
    }
}

/// Runs all, prints how each came out, and says whether all passed; none is a failure.
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
    passed > 0 && failed == 0
}

/// Prints a line; a reader that has gone does not end the tests, which still have to put back
/// what they changed.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{}", line.trim_end());
}

/// A test fails as well if the kernel complained meanwhile.
fn attempt(test: &Test) -> Result<()> {
    let mut log = KernelLog::from_now()?;
    let outcome = (test.body)();
    log.no_splat()?;
    outcome
}

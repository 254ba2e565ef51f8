// SPDX-License-Identifier: GPL-2.0

//! Runs tests one after the other and counts them.

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
                println!("ok {}", test.name);
            }
            Err(why) => {
                failed += 1;
                println!("FAILED {}: {}", test.name, format!("{why:#}").trim_end());
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    passed > 0 && failed == 0
}

/// A test fails as well if the kernel complained meanwhile.
fn attempt(test: &Test) -> Result<()> {
    let mut log = KernelLog::from_now()?;
    let outcome = (test.body)();
    log.no_splat()?;
    outcome
}

// SPDX-License-Identifier: GPL-2.0

//! Tests: their names, their execution one after the other, their verdicts.

use std::io::{self, Write};

use anyhow::Result;
use debugfs::tool::{no_table, Checks, Output};
use results::{Case, Counts, Verdict};
use serde_json::{Map, Value};

use crate::kernel_log::KernelLog;

/// The body of a test without parameters.
pub type Body = fn() -> Result<()>;

/// What a test measured, and whether that is as required.
#[derive(Default)]
pub struct Found {
    text: String,
    figures: Map<String, Value>,
    failure: Option<String>,
}

impl Found {
    /// A test that measured something, in words.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Adds a figure. A name with a unit ends in it.
    #[must_use]
    pub fn with(mut self, name: &str, figure: impl Into<Value>) -> Self {
        self.figures.insert(name.into(), figure.into());
        self
    }

    /// Makes it a failure unless what was measured `holds`.
    #[must_use]
    pub fn require(mut self, holds: bool, why: impl Into<String>) -> Self {
        if !holds && self.failure.is_none() {
            self.failure = Some(why.into());
        }
        self
    }

    /// The check called `name`.
    pub fn into_case(self, name: &str) -> Case {
        let (verdict, text) = match self.failure {
            None => (Verdict::Pass, self.text),
            Some(why) if self.text.is_empty() => (Verdict::Fail, why),
            Some(why) => (Verdict::Fail, format!("{why}; {}", self.text)),
        };
        Case {
            figures: self.figures,
            ..Case::new(name, verdict, text)
        }
    }
}

impl From<()> for Found {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<anyhow::Error> for Found {
    fn from(why: anyhow::Error) -> Self {
        Self::default().require(false, format!("{why:#}"))
    }
}

pub struct Test {
    /// Its name: a path and a sentence.
    pub name: String,
    body: Box<dyn Fn() -> Result<Found>>,
}

impl Test {
    pub fn new<T: Into<Found>>(
        name: impl Into<String>,
        body: impl Fn() -> Result<T> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            body: Box::new(move || body().map(Into::into)),
        }
    }
}

/// Tests whose names begin with `path`.
pub fn group(path: &str, tests: &[(&str, Body)]) -> Vec<Test> {
    let test = |(name, body): &(&str, Body)| Test::new(format!("{path}/{name}"), *body);
    tests.iter().map(test).collect()
}

/// Runs all tests and prints each result; returns the verdict on all.
pub fn run(tests: Vec<Test>, output: Output) -> Verdict {
    let count = tests.len();
    list(output, count, tests.iter().map(attempt)).verdict
}

/// Prints each check as it comes, and the counts. A reader that has gone does not end the tests, which
/// restore what they change.
pub fn list(output: Output, count: usize, cases: impl Iterator<Item = Case>) -> Counts {
    let mut made = Vec::new();
    let mut shown = Checks::begin(output, count).ok();
    for case in cases {
        made.push(case.clone());
        let line = line(&case);
        shown = shown.and_then(|mut checks| checks.add(case, &line).is_ok().then_some(checks));
    }
    let _ = shown.map(|checks| checks.end(no_table));
    Counts::of(&made)
}

/// `ok NAME` or `FAILED NAME`, and what was measured.
fn line(case: &Case) -> String {
    let word = match case.verdict {
        Verdict::Pass => "ok",
        Verdict::Fail => "FAILED",
        other => other.word(),
    };
    match case.text.as_str() {
        "" => format!("{word} {}", case.name),
        text => format!("{word} {}: {text}", case.name),
    }
}

/// Prints a line, whether or not there is a reader.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{}", line.trim_end());
}

/// Runs a test; it fails as well if the kernel logs a complaint.
fn attempt(test: &Test) -> Case {
    let outcome = KernelLog::from_now().and_then(|mut log| {
        let outcome = (test.body)();
        log.no_splat()?;
        outcome
    });
    outcome.unwrap_or_else(Found::from).into_case(&test.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_kept_where_they_fail() {
        let found = Found::new("after 50 cycles").with("memory_kib", -4096);
        let case = found.require(false, "lost 4096 KiB").into_case("unload/x");
        assert_eq!(case.verdict, Verdict::Fail);
        let text = "FAILED unload/x: lost 4096 KiB; after 50 cycles";
        assert_eq!(line(&case), text);
        assert!(case.to_json().contains(r#""memory_kib":-4096"#));
    }

    #[test]
    fn tests_that_fail_or_are_missing_do_not_pass() {
        let quiet = Output {
            ktap: false,
            json: true,
        };
        let case = |why| Found::from(anyhow::anyhow!("{why}")).into_case("a");
        let passed = || Found::from(()).into_case("b");
        let verdict = |cases: Vec<Case>| list(quiet, cases.len(), cases.into_iter()).verdict;
        assert_eq!(verdict(vec![]), Verdict::NotMeasured);
        assert_eq!(verdict(vec![passed()]), Verdict::Pass);
        assert_eq!(verdict(vec![passed(), case("b")]), Verdict::Fail);
        assert_eq!(line(&passed()), "ok b");
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Verdicts in the forms that build servers read: JUnit's XML, and the kernel's own KTAP
//! (Documentation/dev-tools/ktap.rst).

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Args;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// Where verdicts are written to.
#[derive(Args, Clone, Debug, Default)]
pub struct Write {
    /// Write the verdicts to this file, as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the verdicts to this file, as KTAP.
    #[arg(long, value_name = "FILE")]
    pub ktap: Option<PathBuf>,
}

/// One verdict.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// What is said.
    pub outcome: Outcome,
    /// Why.
    pub text: String,
}

/// What is said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It is as it must be.
    Passed,
    /// It is not.
    Failed,
    /// The measurements do not tell.
    Unknown,
}

impl Write {
    /// Writes whatever was asked for.
    pub fn write(&self, experiment: &str, cases: &[Case]) -> anyhow::Result<()> {
        if let Some(path) = &self.junit {
            fs::write(path, junit(experiment, cases)?)
                .with_context(|| path.display().to_string())?;
        }
        if let Some(path) = &self.ktap {
            fs::write(path, ktap(cases)).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}

fn junit(experiment: &str, cases: &[Case]) -> anyhow::Result<String> {
    let mut suite = TestSuite::new(experiment);
    for case in cases {
        let mut status = match case.outcome {
            Outcome::Passed => TestCaseStatus::success(),
            Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Outcome::Unknown => TestCaseStatus::skipped(),
        };
        if case.outcome != Outcome::Passed {
            status.set_message(case.text.as_str());
        }
        let mut test = TestCase::new(case.name.as_str(), status);
        test.set_classname(experiment);
        suite.add_test_case(test);
    }
    let mut report = Report::new("sweep");
    report.add_test_suite(suite);
    report.to_string().context("cannot write JUnit's XML")
}

fn ktap(cases: &[Case]) -> String {
    let mut text = format!("KTAP version 1\n1..{}\n", cases.len());
    for (n, case) in (1..).zip(cases) {
        // A `#` begins a directive.
        let name = case.name.replace('#', "no.");
        text += &match case.outcome {
            Outcome::Passed => format!("ok {n} {name}\n"),
            Outcome::Failed => format!("# {}\nnot ok {n} {name}\n", case.text),
            Outcome::Unknown => format!("ok {n} {name} # SKIP {}\n", case.text),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<Case> {
        let case = |name: &str, outcome| Case {
            name: name.into(),
            outcome,
            text: "1.2 <of> 3".into(),
        };
        vec![
            case("a", Outcome::Passed),
            case("b", Outcome::Failed),
            case("c", Outcome::Unknown),
        ]
    }

    #[test]
    fn ktap_counts_and_says_why() {
        let wanted =
            "KTAP version 1\n1..3\nok 1 a\n# 1.2 <of> 3\nnot ok 2 b\nok 3 c # SKIP 1.2 <of> 3\n";
        assert_eq!(ktap(&cases()), wanted);
    }

    #[test]
    fn junit_counts_and_escapes() {
        let xml = junit("t", &cases()).unwrap();
        for text in [
            "tests=\"3\"",
            "failures=\"1\"",
            "<skipped message",
            "1.2 &lt;of&gt; 3",
        ] {
            assert!(xml.contains(text), "no {text} in {xml}");
        }
    }
}

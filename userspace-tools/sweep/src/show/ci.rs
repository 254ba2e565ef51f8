// SPDX-License-Identifier: GPL-2.0

//! Verdicts as files for build servers: JUnit's XML, and KTAP.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use results::ktap;

use crate::{
    judge::verdict::{Case, Verdict},
    store::file,
};

/// Files for verdicts.
#[derive(Args, Clone, Debug, Default)]
pub struct Write {
    /// Write the verdicts to FILE as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the verdicts to FILE as KTAP.
    #[arg(long, value_name = "FILE")]
    pub ktap: Option<PathBuf>,
}

impl Write {
    /// Writes the files that were asked for.
    pub fn write(&self, experiment: &str, cases: &[Case]) -> anyhow::Result<()> {
        if let Some(path) = &self.junit {
            file::write(path, &junit(experiment, cases)?)?;
        }
        let ktap_file = self.ktap.as_ref();
        ktap_file.map_or(Ok(()), |path| file::write(path, &ktap(cases)))
    }
}

fn junit(experiment: &str, cases: &[Case]) -> anyhow::Result<String> {
    let mut suite = TestSuite::new(experiment);
    for case in cases {
        let mut status = match case.verdict {
            Verdict::Pass => TestCaseStatus::success(),
            Verdict::Fail | Verdict::NotMeasured => {
                TestCaseStatus::non_success(NonSuccessKind::Failure)
            }
            Verdict::Inconclusive | Verdict::Skip => TestCaseStatus::skipped(),
        };
        if case.verdict != Verdict::Pass {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> [Case; 3] {
        let case = |(name, verdict): (&str, _)| Case::new(name, verdict, "1.2 <of> 3");
        [
            ("a", Verdict::Pass),
            ("b", Verdict::Fail),
            ("c", Verdict::Inconclusive),
        ]
        .map(case)
    }

    #[test]
    fn junit_counts_cases_and_escapes_their_grounds() {
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

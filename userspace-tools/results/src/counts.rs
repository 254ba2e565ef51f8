// SPDX-License-Identifier: GPL-2.0

//! Counts of verdicts, which end a list of cases.

use std::fmt;

use abi::SCHEMA;
use serde::Serialize;

use crate::{Case, Verdict};

/// How many cases have each verdict, and the verdict on the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counts {
    schema: u32,
    /// The worst verdict; NOT MEASURED where every case is SKIP, or there is none.
    pub verdict: Verdict,
    passed: usize,
    failed: usize,
    inconclusive: usize,
    not_measured: usize,
    skipped: usize,
    /// Why the list could not be begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Counts {
    /// Counts the verdicts of `cases`.
    pub fn of(cases: &[Case]) -> Self {
        Self::of_verdicts(cases.iter().map(|case| case.verdict))
    }

    /// Counts `verdicts`.
    pub fn of_verdicts(verdicts: impl Iterator<Item = Verdict> + Clone) -> Self {
        let count = |verdict| verdicts.clone().filter(|one| *one == verdict).count();
        let decided = verdicts.clone().filter(|verdict| *verdict != Verdict::Skip);
        Self {
            schema: SCHEMA,
            verdict: Verdict::worst(decided),
            passed: count(Verdict::Pass),
            failed: count(Verdict::Fail),
            inconclusive: count(Verdict::Inconclusive),
            not_measured: count(Verdict::NotMeasured),
            skipped: count(Verdict::Skip),
            error: None,
        }
    }

    /// The counts of a list that could not be begun.
    pub fn none(error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::of(&[])
        }
    }

    /// The counts as a line of JSON, without its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The counts as the last line of KTAP.
    pub fn to_ktap(&self) -> String {
        let Self {
            passed,
            failed,
            inconclusive,
            not_measured,
            skipped,
            ..
        } = self;
        format!(
            "# Totals: pass:{passed} fail:{failed} inconclusive:{inconclusive} \
             not_measured:{not_measured} skip:{skipped}"
        )
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            inconclusive,
            not_measured,
            skipped,
            ..
        } = self;
        write!(
            f,
            "{passed} passed, {failed} failed, {inconclusive} inconclusive, {not_measured} not \
             measured, {skipped} skipped"
        )
    }
}

/// All cases as KTAP.
pub fn ktap(cases: &[Case]) -> String {
    let mut text = format!("KTAP version 1\n1..{}\n", cases.len());
    for (number, case) in (1..).zip(cases) {
        text += &format!("{}\n", case.to_ktap(number));
    }
    text + &format!("{}\n", Counts::of(cases).to_ktap())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ktap_has_verdicts_grounds_and_counts() {
        let cases = Verdict::ALL.map(|verdict| Case {
            allowed: Some("4 # 5".into()),
            ..Case::new("a", verdict, "1 <of> 3")
        });
        let wanted = "KTAP version 1\n1..5\n\
            ok 1 a: 1 <of> 3\n\
            # FAIL: 1 <of> 3; allowed: 4 no. 5\nnot ok 2 a: FAIL\n\
            # INCONCLUSIVE: 1 <of> 3; allowed: 4 no. 5\nnot ok 3 a: INCONCLUSIVE\n\
            ok 4 a # SKIP 1 <of> 3\n\
            # NOT MEASURED: 1 <of> 3; allowed: 4 no. 5\nnot ok 5 a: NOT MEASURED\n\
            # Totals: pass:1 fail:1 inconclusive:1 not_measured:1 skip:1\n";
        assert_eq!(ktap(&cases), wanted);
    }

    fn counts(verdicts: &[Verdict]) -> Counts {
        let case = |&verdict| Case::new("a", verdict, "");
        Counts::of(&verdicts.iter().map(case).collect::<Vec<_>>())
    }

    #[test]
    fn list_without_a_decision_does_not_pass() {
        use Verdict::{Fail, Inconclusive, NotMeasured, Pass, Skip};
        for (list, verdict) in [
            (&[][..], NotMeasured),
            (&[Skip, Skip], NotMeasured),
            (&[Skip, Pass], Pass),
            (&[Inconclusive, Skip], Inconclusive),
            (&[Pass, Inconclusive, NotMeasured], NotMeasured),
            (&[NotMeasured, Fail, Pass], Fail),
        ] {
            assert_eq!(counts(list).verdict, verdict, "{list:?}");
        }
    }

    #[test]
    fn text_and_json_have_every_count() {
        let all = counts(&Verdict::ALL);
        let text = "1 passed, 1 failed, 1 inconclusive, 1 not measured, 1 skipped";
        assert_eq!(all.to_string(), text);
        let json = format!(
            r#"{{"schema":{SCHEMA},"verdict":"FAIL","passed":1,"failed":1,"inconclusive":1,"not_measured":1,"skipped":1}}"#
        );
        assert_eq!(all.to_json(), json);
        assert!(Counts::none("why")
            .to_json()
            .ends_with(r#""skipped":0,"error":"why"}"#));
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Table of the checks of `validate`, and what follows from them.

use results::{table::grid, Case, Counts, Verdict};

/// A row for each check, and whether paravirt locking works here.
pub fn table(cases: &[Case]) -> String {
    let mut table = grid(&["check", "measured", "allowed", "verdict"]);
    for case in cases {
        let allowed = case.allowed.as_deref().unwrap_or_default();
        table.add_row([&case.name, &case.text, allowed, case.verdict.word()]);
    }
    let works = match Counts::of(cases).verdict {
        Verdict::Pass => "works here",
        Verdict::Fail => "DOES NOT WORK here",
        _ => "was not shown to work here",
    };
    format!("{}\n\nparavirt locking {works}\n", table.trim_fmt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_that_were_skipped_show_nothing() {
        let of = |verdicts: &[Verdict]| {
            let case = |&verdict| Case::new("a", verdict, "b");
            table(&verdicts.iter().map(case).collect::<Vec<_>>())
        };
        assert!(of(&[Verdict::Pass, Verdict::Skip]).contains("locking works here"));
        assert!(of(&[Verdict::Pass, Verdict::Fail]).contains("DOES NOT WORK here"));
        for nothing in [Verdict::Skip, Verdict::Inconclusive, Verdict::NotMeasured] {
            assert!(of(&[nothing]).contains("was not shown to work here"));
        }
    }
}

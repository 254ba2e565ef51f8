// SPDX-License-Identifier: GPL-2.0

//! The one place where an estimate becomes a verdict: all questions of a family at once.
//!
//! A question passes if the whole interval is as required, and fails if none of it is. The levels of
//! the intervals hold the probability of any wrong verdict of the family ([`statistics::holm`]).

use statistics::{holm, Bounds, Decision, Estimate, Evidence, Range};

use super::verdict::Verdict;
use crate::{console::numbers, plan::rule::Op};

/// What was measured on one question.
#[derive(Clone, Debug)]
pub enum Finding {
    /// An estimate over boots, and what is required of it.
    Estimated(Estimate, Limit),
    /// What needs no statistics: a count, an oracle, every single run.
    Exact(Verdict, String),
    /// Nothing that could be judged; the reason.
    Nothing(String),
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub op: Op,
    pub bound: f64,
}

/// A finding with its verdict.
#[derive(Clone, Debug)]
pub struct Decided {
    pub measured: String,
    pub verdict: Verdict,
    /// The boots that it was measured in, if it is an estimate.
    pub boots: Option<usize>,
    /// About how many boots a verdict needs, if it is inconclusive and any number would do.
    pub boots_needed: Option<usize>,
}

impl Limit {
    fn range(self) -> Range {
        match self.op {
            Op::AtLeast | Op::More => Range::at_least(self.bound),
            Op::AtMost | Op::Less => Range::at_most(self.bound),
            Op::Equal | Op::Unequal => Range {
                low: self.bound,
                high: self.bound,
            },
        }
    }

    fn judge(self, estimate: &Estimate, level: f64) -> Verdict {
        // What has no scatter may lie at the limit itself.
        if let Some(value) = estimate.exact() {
            return self.op.holds(value, self.bound).into();
        }
        let is_within = self.op != Op::Unequal;
        match Evidence::of(estimate, self.range()).decide(level) {
            Decision::Open => Verdict::Inconclusive,
            Decision::Inside => is_within.into(),
            Decision::Below | Decision::Above => (!is_within).into(),
        }
    }
}

/// The verdicts on a family of findings, with a probability of `alpha` that any is wrong.
pub fn decide(findings: &[Finding], alpha: f64) -> Vec<Decided> {
    let p = |finding: &Finding| match finding {
        Finding::Estimated(estimate, limit) => Evidence::of(estimate, limit.range()).p(),
        Finding::Exact(..) | Finding::Nothing(_) => 0.0,
    };
    let is_estimated = |finding: &&Finding| matches!(finding, Finding::Estimated(..));
    let p: Vec<f64> = findings.iter().filter(is_estimated).map(p).collect();
    let mut levels = holm(&p, alpha).into_iter();
    let decide = |finding: &Finding| match finding {
        Finding::Estimated(estimate, limit) => {
            estimated(estimate, *limit, levels.next().unwrap_or(alpha))
        }
        Finding::Exact(verdict, measured) => Decided {
            measured: measured.clone(),
            verdict: *verdict,
            boots: None,
            boots_needed: None,
        },
        Finding::Nothing(why) => Decided {
            measured: format!("not measured: {why}"),
            verdict: Verdict::NotMeasured,
            boots: None,
            boots_needed: None,
        },
    };
    findings.iter().map(decide).collect()
}

fn estimated(estimate: &Estimate, limit: Limit, level: f64) -> Decided {
    let verdict = limit.judge(estimate, level);
    let end = limit.range().nearest(estimate.value());
    let needed = || estimate.boots_needed(end, level);
    Decided {
        measured: shown(estimate, level),
        verdict,
        boots: Some(estimate.boots),
        boots_needed: (verdict == Verdict::Inconclusive).then(needed).flatten(),
    }
}

/// How many boots a verdict needs, after what it is about.
pub fn needed(boots: Option<usize>) -> String {
    boots.map_or_else(String::new, |n| format!(" (about {n} boots needed)"))
}

/// The estimate with its interval at `level`, and the boots that it is of.
pub fn shown(estimate: &Estimate, level: f64) -> String {
    match estimate.boots {
        1 => format!("{} of one boot", numbers::short(estimate.value())),
        n => format!("{} of {n} boots", interval(estimate.bounds(level))),
    }
}

/// `1.23 [1.1, 1.4]`.
pub fn interval(Bounds { value, low, high }: Bounds) -> String {
    let short = |value: f64| match value.is_finite() {
        true => numbers::precise(value),
        false => "?".into(),
    };
    let [value, low, high] = [value, low, high].map(short);
    format!("{value} [{low}, {high}]")
}

impl Decided {
    /// What was measured, and how many boots a verdict needs.
    pub fn text(&self) -> String {
        self.measured.clone() + &needed(self.boots_needed)
    }
}

#[cfg(test)]
mod tests {
    use statistics::Scale;

    use super::*;

    const ALPHA: f64 = 0.05;

    fn finding(values: &[f64], op: Op, bound: f64) -> Finding {
        let boots: Vec<Vec<f64>> = values.iter().map(|v| vec![*v]).collect();
        let estimate = Estimate::of(Scale::Ratio, &boots).unwrap();
        Finding::Estimated(estimate, Limit { op, bound })
    }

    fn verdicts(findings: &[Finding]) -> Vec<Verdict> {
        let decided = decide(findings, ALPHA);
        decided.iter().map(|one| one.verdict).collect()
    }

    const AROUND_ONE: [f64; 6] = [0.98, 0.99, 1.0, 1.0, 1.01, 1.02];

    #[test]
    fn verdict_needs_the_whole_interval_on_one_side() {
        let of = |op, bound| verdicts(&[finding(&AROUND_ONE, op, bound)])[0];
        assert_eq!(of(Op::AtLeast, 0.9), Verdict::Pass);
        assert_eq!(of(Op::AtLeast, 1.1), Verdict::Fail);
        assert_eq!(of(Op::AtLeast, 1.0), Verdict::Inconclusive);
        assert_eq!(of(Op::AtMost, 1.1), Verdict::Pass);
        assert_eq!(of(Op::AtMost, 0.9), Verdict::Fail);
    }

    #[test]
    fn exact_count_is_compared_as_it_is() {
        let of = |op, bound| {
            let estimate = Estimate::of(Scale::Linear, &vec![vec![3.0]; 6]).unwrap();
            verdicts(&[Finding::Estimated(estimate, Limit { op, bound })])[0]
        };
        assert_eq!(of(Op::AtLeast, 3.0), Verdict::Pass);
        assert_eq!(of(Op::More, 3.0), Verdict::Fail);
        assert_eq!(of(Op::AtMost, 2.0), Verdict::Fail);
    }

    #[test]
    fn one_boot_and_nothing_never_pass() {
        let one = decide(&[finding(&[50.0], Op::AtLeast, 1.0)], ALPHA);
        assert_eq!(one[0].verdict, Verdict::Inconclusive);
        assert_eq!(one[0].measured, "50.0 of one boot");
        let nothing = decide(&[Finding::Nothing("a rate is zero".into())], ALPHA);
        assert_eq!(nothing[0].verdict, Verdict::NotMeasured);
        assert_eq!(nothing[0].text(), "not measured: a rate is zero");
    }

    /// What one question alone would decide, a family of fifty leaves open.
    #[test]
    fn many_questions_need_more_evidence() {
        let close = finding(&AROUND_ONE, Op::AtLeast, 0.98);
        assert_eq!(verdicts(std::slice::from_ref(&close)), [Verdict::Pass]);
        let open = finding(&AROUND_ONE, Op::AtLeast, 1.0);
        let family = [vec![close], vec![open; 49]].concat();
        let decided = decide(&family, ALPHA);
        assert_eq!(decided[0].verdict, Verdict::Inconclusive);
        assert!(decided[0].boots_needed > Some(6), "{:?}", decided[0]);
    }
}

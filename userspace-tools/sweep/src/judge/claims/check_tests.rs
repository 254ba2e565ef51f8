// SPDX-License-Identifier: GPL-2.0

//! Tests of the check of claims.

use results::Kind;
use statistics::{Estimate, Scale};
use vm_record::Tier;

use super::{StepResult::Ran, Verdict::*, *};
use crate::judge::figures::Compared;

const OWN: &str = "text = 'c'\nstep = 's'\nexpect = 'storm < 0.05 x'\nneeds = ['ratio >= 4']";
const SOURCE: &str = "place = 'p'\ntext = 't'\nwhy = 'because'\notherwise = 'it is not'\n\
    measure = 'f'\nstep = 's'\nexpect = ['a > 1 x', 'c < 5']\nneeds = ['cpus >= 2']\n\
    beside = [{ measure = 'b', step = 's', figure = 'b', unit = '%' }]";

/// The claim, with the figures that `result` makes of `a=1 b=2`.
fn checked(claim: &str, result: fn(Figures) -> StepResult, figures: &str) -> Checked {
    let claim: Claim = toml::from_str(claim).unwrap();
    let figures = figures.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.into(), Number::Exact(value.parse().unwrap()))
    });
    let steps = Steps::from([("s".into(), result(figures.collect()))]);
    let of_document = !claim.place.is_empty();
    check_all(&[claim], &steps, &facts(), of_document).remove(0)
}

fn facts() -> Figures {
    Figures::from([("machine.nodes".into(), 2.0.into())])
}

fn failed(figures: Figures) -> StepResult {
    StepResult::Failed("`x` failed".into(), figures)
}

#[test]
fn claim_has_the_worst_verdict_of_its_rules() {
    for (claim, figures, verdict, why) in [
        (OWN, "storm=0.01 ratio=4", Pass, ""),
        (OWN, "storm=0.2 ratio=4", Fail, ""),
        (SOURCE, "a=2 c=4 cpus=2", Pass, "conjecture: because"),
        (SOURCE, "a=1 c=4 cpus=2", Fail, "conjecture: it is not"),
        (SOURCE, "a=2 c=5 cpus=2", Fail, "conjecture: it is not"),
    ] {
        let checked = checked(claim, Ran, figures);
        assert_eq!((checked.verdict, checked.why.as_str()), (verdict, why));
    }
    let whole = checked(SOURCE, Ran, "a=2 b=97 c=4 cpus=2");
    assert_eq!(whole.measured.as_deref(), Some("2 x: f"));
    assert_eq!(whole.required.as_deref(), Some("> 1 x, c < 5"));
    assert_eq!(whole.beside, ["97 %: b"]);
    let without = checked(SOURCE, Ran, "a=2 c=4 cpus=2");
    assert_eq!(without.beside, ["not measured: b"]);
}

#[test]
fn claim_that_cannot_be_checked_is_skipped_or_not_measured() {
    let skipped = |_| StepResult::Skipped("COLD=1 runs it".into());
    let untestable = "place = 'p'\ntext = 't'\nwhy = 'no such CPU'";
    let ran = Ran as fn(Figures) -> StepResult;
    let nodes = |n: u32| format!("{untestable}\nneeds = ['machine.nodes >= {n}']");
    let (few, many) = (nodes(2), nodes(8));
    for (claim, result, figures, verdict, why) in [
        (SOURCE, ran, "a=2 c=4 cpus=1", Skip, "cpus >= 2"),
        (untestable, ran, "", Skip, "no such CPU"),
        (
            &many,
            ran,
            "",
            Skip,
            "no such CPU; needs machine.nodes >= 8, measured 2",
        ),
        (&few, ran, "", NotMeasured, "no step measures it"),
        (OWN, skipped, "", Skip, "COLD=1 runs it"),
        (OWN, ran, "storm=1 ratio=2", NotMeasured, "measured 2"),
        (OWN, ran, "storm=1", NotMeasured, "report `ratio`"),
        (SOURCE, ran, "a=2 c=4", NotMeasured, "report `cpus`"),
        (SOURCE, ran, "c=4 cpus=2", NotMeasured, "report `a`"),
        (SOURCE, ran, "a=2 cpus=2", NotMeasured, "report `c`"),
        (SOURCE, failed, "a=2 c=4 cpus=2", NotMeasured, "failed"),
        (OWN, failed, "storm=1 ratio=4", NotMeasured, "failed"),
    ] {
        let checked = checked(claim, result, figures);
        assert_eq!(checked.verdict, verdict, "{checked:?}");
        assert!(checked.why.contains(why), "{checked:?}");
        assert_eq!(checked.measured, None);
    }
}

#[test]
fn exit_code_of_a_failed_step_is_measured() {
    let claim = "text = 'c'\nstep = 's'\nexpect = 'exit == 1'";
    assert_eq!(checked(claim, failed, "exit=1").verdict, Pass);
}

#[test]
fn notable_steal_time_is_kept() {
    let stolen = |figures| checked(OWN, Ran, figures).stolen;
    assert_eq!(stolen("storm=0.2 ratio=4 stolen=0.31"), Some(0.31));
    assert_eq!(stolen("storm=0.2 ratio=4 stolen=0.01"), None);
}

#[test]
fn estimate_of_time_is_not_measured_if_others_had_the_cpus() {
    let claim: Claim = toml::from_str("text = 'c'\nstep = 's'\nexpect = 'a >= 1'").unwrap();
    let estimate = |kind, tier| {
        let boots: Vec<Vec<f64>> = [2.0, 2.1, 2.2].map(|value| vec![value]).into();
        let estimate = Estimate::of(Scale::Ratio, &boots).unwrap();
        let label = Some(Label::new(kind, tier));
        Number::from(Compared { estimate, label })
    };
    let verdict = |number: Number, others: f64| {
        let figures = [("a".into(), number), (OTHERS.into(), others.into())];
        let steps = Steps::from([("s".into(), Ran(figures.into()))]);
        let all = std::slice::from_ref(&claim);
        check_all(all, &steps, &facts(), false).remove(0)
    };
    let time = || estimate(Kind::Coherence, Tier::Tcg);
    assert_eq!(verdict(time(), 0.1).verdict, Pass);
    let disturbed = verdict(time(), 0.31);
    assert_eq!(disturbed.verdict, NotMeasured);
    assert!(disturbed
        .why
        .contains("took 31 % of the guests' CPUs (allowed: 10 %)"));
    assert_eq!(verdict(2.0.into(), 0.31).verdict, Pass, "a count");
    for (kind, tier) in [
        (Kind::Count, Tier::Count),
        (Kind::Slice, Tier::Sim),
        (Kind::Order, Tier::Tcg),
    ] {
        assert_eq!(
            verdict(estimate(kind, tier), 0.31).verdict,
            Pass,
            "{kind:?} {tier:?}"
        );
    }
}

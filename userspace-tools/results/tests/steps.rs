// SPDX-License-Identifier: GPL-2.0

//! Reports of `lock-load` with timed steps: read, checked, written as JSON and read again.

use abi::trial::Step;
use results::{AnyReport, LockLoad, Outcome, Record, Report};

/// A report of a thread that was to time 100 rounds of a ticket lock.
fn report() -> String {
    let default = abi::lock_load::Config::default().to_string();
    let config = default
        .replace("threads=2", "threads=1")
        .replace("load=contest", "load=steps")
        .replace("rounds=10000", "rounds=100");
    format!(
        "lock-load schema={} run=1
config {config}
sum elapsed_ns=9000 sections=100 min=100 mean=100 max=100 halts=0 kicks=0 exclusion=untested lost=0
machine hypervisor=other kernel_lock=native-qspinlock mode=native kick=ipi loops_per_us=320 lost_time=gaps
torture pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 boosts=0
thread index=0 vcpu=0 sections=100 halts=0 kicks=0 moved=0 queued_ns=0
steps of=lock rounds=100 ticks=1300 least=12 most=112
steps of=section rounds=100 ticks=4000 least=40 most=40
steps of=unlock rounds=100 ticks=700 least=7 most=7
",
        abi::SCHEMA
    )
}

fn parsed(text: &str) -> LockLoad {
    LockLoad::parse(text).expect("a report")
}

#[test]
fn steps_are_found_by_name_and_survive_json() {
    let report = parsed(&report());
    assert_eq!(report.check(), Ok(()));
    let least = |step| report.steps_of(step).map(|steps| steps.least);
    assert_eq!(
        Step::ALL
            .iter()
            .map(|step| least(*step))
            .collect::<Vec<_>>(),
        [Some(12), Some(40), Some(7)]
    );
    let json = Record::new(0, report.clone()).to_json();
    assert!(
        json.contains(r#""of":"unlock","rounds":100,"ticks":700,"least":7,"most":7"#),
        "{json}"
    );
    let again = Record::parse(&json).expect("a record");
    let Some(AnyReport::LockLoad(again)) = again.report() else {
        panic!("{json}");
    };
    assert_eq!(**again, report);
}

#[test]
fn check_finds_steps_that_contradict_each_other_or_are_missing() {
    let unlock = "steps of=unlock rounds=100 ticks=700 least=7 most=7\n";
    for (from, to) in [
        (unlock, ""),
        ("of=unlock", "of=section"),
        ("of=lock rounds=100", "of=lock rounds=99"),
        ("ticks=700", "ticks=701"),
        ("ticks=1300", "ticks=1199"),
        ("load=steps", "load=contest"),
    ] {
        let text = report();
        assert!(text.contains(from), "{from}");
        let report = parsed(&text.replace(from, to));
        assert!(report.check().is_err(), "{from} → {to}");
    }
}

#[test]
fn steps_whose_rounds_were_not_completed_are_cut_short() {
    assert_eq!(parsed(&report()).outcome(), Outcome::Skip);
    let more = report().replace("rounds=100 stutter", "rounds=101 stutter");
    assert_eq!(parsed(&more).outcome(), Outcome::CutShort);
    let lost = report().replace("exclusion=untested lost=0", "exclusion=broken lost=1");
    assert_eq!(parsed(&lost).outcome(), Outcome::Fail);
}

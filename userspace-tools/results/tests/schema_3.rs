// SPDX-License-Identifier: GPL-2.0

//! Records that commit 1b8111f wrote stay readable: see `fixtures/schema-3/README.md`.

use std::{fs, path::PathBuf};

use abi::{histogram::Of, SCHEMA};
use results::{AnyReport, Bottleneck, JobRunner, LockLoad, Outcome, Record, Report, SloppyCounter};

fn fixture(name: &str) -> String {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(here.join("tests/fixtures/schema-3").join(name)).unwrap()
}

fn read(line: &str) -> Record {
    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))
}

fn report(name: &str) -> AnyReport {
    let record = read(&fixture(&format!("{name}.json")));
    assert_eq!(record.schema, 3);
    record.report().unwrap().clone()
}

macro_rules! of_module {
    ($name:ident, $module:ident) => {
        fn $name(name: &str) -> $module {
            match report(&format!("{}.{name}", $module::MODULE)) {
                AnyReport::$module(report) => *report,
                other => panic!("{other:?}"),
            }
        }
    };
}
of_module!(lock, LockLoad);
of_module!(counter, SloppyCounter);
of_module!(job, JobRunner);
of_module!(bottleneck, Bottleneck);

#[test]
fn every_record_agrees_with_itself_and_has_its_outcome() {
    use Outcome::{Caught, CutShort, Pass, Skip};
    for (name, outcome, value) in [
        ("bottleneck.busted", Caught, 5646843.2),
        ("bottleneck.hash", Pass, 7070872.1),
        ("bottleneck.ids", Pass, 52353164.2),
        ("bottleneck.lru", Pass, 25653.6),
        ("bottleneck.mount_lookup", Pass, 912187.2),
        ("bottleneck.stats", Pass, 88193878.2),
        ("job-runner.busted", Caught, 3.8),
        ("job-runner.check", Pass, 13.6),
        ("job-runner.cpus", Pass, 2.0),
        ("job-runner.deadline", CutShort, 50.1),
        ("job-runner.fault", Pass, 12.0),
        ("job-runner.padata", Pass, 9.4),
        ("job-runner.trace", Pass, 3.1),
        ("lock-load.busted", Caught, 1625702.6),
        ("lock-load.empty-one-thread", Skip, 570976.1),
        ("lock-load.halts", Pass, 10657.3),
        ("lock-load.kick-dropped", Caught, 1.6),
        ("lock-load.kick_storm", Pass, 10084.7),
        ("lock-load.no-histograms", Pass, 52831.1),
        ("lock-load.onoff", Pass, 226563.6),
        ("lock-load.preempt", Pass, 34547.0),
        ("lock-load.pv_queued", Pass, 663385.1),
        ("lock-load.ticket", Pass, 1225.4),
        ("lock-load.torture", Pass, 40087.6),
        ("lock-load.try", Pass, 498226.5),
        ("sloppy-counter.audit", Pass, 36878159.4),
        ("sloppy-counter.busted", Caught, 5679719.0),
        ("sloppy-counter.hierarchical", Pass, 131136775.9),
        ("sloppy-counter.refs", Pass, 24442223.8),
        ("sloppy-counter.sloppy", Pass, 97228310.4),
    ] {
        let report = report(name);
        assert_eq!(report.check(), Ok(()), "{name}");
        assert_eq!(report.outcome(), outcome, "{name}");
        assert!(
            (report.value() - value).abs() < 0.05,
            "{name}: {}",
            report.value()
        );
    }
}

#[test]
fn metrics_of_lock_load_are_those_of_its_figures() {
    let run = report("lock-load.preempt");
    for (name, value) in [
        ("jain", 0.6701),
        ("wait_p50", 543.0),
        ("wait_p99", 2_097_151.0),
        ("wait_p999", 14_155_775.0),
        ("overtaken", 0.0),
        ("long_waits", 41.0),
        ("held_up", 4.0 / 41.0),
        ("granted_rate", 24_556.39),
    ] {
        let metric = run.metric(name).unwrap();
        assert!((metric - value).abs() < 0.01, "{name}: {metric}");
    }
    assert_eq!(run.metric("bound"), None);
    let unmeasured = report("lock-load.no-histograms");
    for name in ["wait_p999", "overtaken", "long_waits", "held_up"] {
        assert_eq!(unmeasured.metric(name), None, "{name}");
    }
}

#[test]
fn each_part_of_a_report_is_read() {
    let locks = lock("preempt");
    let injected = locks.injected.unwrap();
    assert_eq!((injected.requested, injected.seen), (3, 2));
    assert_eq!(locks.times(Of::Wait).count() + 1, locks.sum.sections);
    let lost = &lock("kick-dropped").lost;
    assert_eq!(lost.len(), 4);
    assert_eq!(lost[0].lock.to_string(), "004cb980,ffffc900");
    let audit = counter("audit").audit.unwrap();
    assert!(audit.samples > 0 && audit.broken == 0);
    assert_eq!(counter("refs").check.unwrap().wrong, 0);
    assert_eq!(job("trace").chunks.len() as u64, job("trace").sum.chunks);
    assert_eq!(job("fault").fault.index, 1000);
    assert_eq!(job("cpus").config.cpus.to_string(), "1");
    let caught = bottleneck("busted");
    assert_eq!(caught.sum.wrong, 3);
    assert!(bottleneck("lru").waits().count() > 0);
}

#[test]
fn a_line_of_batch_is_a_report_or_an_error() {
    let text = fixture("batch.jsonl");
    let records: Vec<Record> = text.lines().map(read).collect();
    assert!(records
        .iter()
        .enumerate()
        .all(|(i, record)| record.seq == i));
    assert!(records[0].report().is_some() && records[3].report().is_some());
    assert!(records[1]
        .error()
        .unwrap()
        .starts_with("`lock=spin`: not a value"));
    assert_eq!(records[2].module, "nothing");
    for record in &records {
        let rewritten = read(&record.to_json());
        assert_eq!((rewritten.schema, &rewritten.body), (SCHEMA, &record.body));
    }
}

#[test]
fn a_whole_result_of_sweep_is_read() {
    #[derive(serde::Deserialize)]
    struct Run {
        part: String,
        #[serde(flatten)]
        record: Record,
    }
    let text = fixture("result/runs.jsonl");
    let runs: Vec<Run> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |part: &str| runs.iter().filter(|run| run.part == part).count();
    assert_eq!((of("locks"), of("counters")), (24, 16));
    for run in &runs {
        assert_eq!(run.record.report().unwrap().check(), Ok(()));
    }
}

#[test]
fn other_schemas_and_unknown_keys_are_refused() {
    let line = fixture("job-runner.check.json");
    for (from, to, why) in [
        (
            "\"schema\":3",
            "\"schema\":1",
            "a record of schema 1; allowed: 2..=",
        ),
        ("\"once\":", "\"twice\":", "unknown field `twice`"),
        ("\"missed\":0,", "", "missing field `missed`"),
        (
            "job-runner",
            "job-walker",
            "`job-walker`: no such module; allowed: lock-load ",
        ),
    ] {
        assert!(line.contains(from), "{from}");
        let error = serde_json::from_str::<Record>(&line.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Records that commit 1911bb1 wrote stay readable: see `fixtures/schema-2/README.md`.

use std::{fs, path::PathBuf};

use results::{AnyReport, Outcome, Record};

fn fixture(name: &str) -> String {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(here.join("tests/fixtures/schema-2").join(name)).unwrap()
}

fn read(line: &str) -> Record {
    let record: Record = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    assert_eq!(record.schema, 2);
    record
}

/// Values are operations over elapsed time, or elapsed time, as divided by another program.
#[test]
fn every_record_agrees_with_itself_and_has_its_outcome() {
    use Outcome::{Caught, Pass};
    for (name, outcome, value) in [
        ("lock-load.ticket", Pass, 55307.5),
        ("lock-load.busted", Caught, 1607616.3),
        ("lock-load.no-histograms", Pass, 73709.8),
        ("lock-load.pv_queued", Pass, 878537.6),
        ("sloppy-counter.audit", Pass, 81331845.5),
        ("sloppy-counter.busted", Caught, 5744279.8),
        ("job-runner.padata", Pass, 4.6),
        ("job-runner.trace", Pass, 1.4),
        ("bottleneck.stats", Pass, 54426937.0),
    ] {
        let record = read(&fixture(&format!("{name}.json")));
        let report = record.report().unwrap();
        assert_eq!(report.check(), Ok(()), "{name}");
        assert_eq!(report.outcome(), outcome, "{name}");
        let had = report.value();
        assert!((had - value).abs() < 0.06, "{name}: {had}");
    }
}

#[test]
fn time_in_a_run_queue_was_not_counted_yet() {
    let record = read(&fixture("lock-load.ticket.json"));
    let Some(AnyReport::LockLoad(report)) = record.report() else {
        panic!("{record:?}")
    };
    assert_eq!(report.threads.len(), 4);
    assert!(report.threads.iter().all(|thread| thread.queued_ns == 0));
    let p999 = record
        .report()
        .and_then(|report| report.metric("wait_p999"));
    assert!(p999.is_some_and(|ns| ns > 0.0), "{p999:?}");
}

#[test]
fn a_line_of_batch_is_a_report_or_an_error() {
    let text = fixture("batch.jsonl");
    let records: Vec<Record> = text.lines().map(read).collect();
    assert!(records[0].report().is_some());
    let error = records[1].error().unwrap();
    assert!(error.starts_with("`lock=spin`: not a value"), "{error}");
    assert_eq!(records[2].module, "nothing");
}

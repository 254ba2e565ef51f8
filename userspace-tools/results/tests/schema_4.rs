// SPDX-License-Identifier: GPL-2.0

//! Records of schema 4, byte by byte but for the schema, and the reports that they were parsed from:
//! see `fixtures/schema-4/README.md`.

use std::{fs, path::PathBuf};

use abi::SCHEMA;
use results::{AnyReport, Bottleneck, JobRunner, LockLoad, Record, Report, SloppyCounter};

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema-4")
}

fn fixture(name: &str) -> String {
    fs::read_to_string(fixtures().join(name)).unwrap()
}

#[test]
fn every_record_is_written_as_it_was_read_and_agrees_with_itself() {
    let mut lines = fixture("batch.jsonl");
    for entry in fs::read_dir(fixtures()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".json") {
            lines += &fixture(&name);
        }
    }
    assert!(lines.lines().count() > 30);
    for line in lines.lines() {
        let record = Record::parse(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let today = format!("{{\"schema\":{SCHEMA},");
        assert_eq!(record.to_json(), line.replacen("{\"schema\":4,", &today, 1));
        let check = record.report().map_or(Ok(()), AnyReport::check);
        assert_eq!(check, Ok(()), "{line}");
    }
}

/// Fails unless the text of the file `report` is the report of the record `name`.
fn assert_parsed<R: Report + Into<AnyReport>>(name: &str) {
    let report = R::parse(&fixture(&format!("{}.report.txt", R::MODULE))).unwrap();
    let record = Record::parse(&fixture(&format!("{}.{name}.json", R::MODULE))).unwrap();
    assert_eq!(record.report(), Some(&report.into()));
}

#[test]
fn a_report_and_its_record_are_the_same() {
    assert_parsed::<LockLoad>("torture");
    assert_parsed::<SloppyCounter>("audit-last");
    assert_parsed::<JobRunner>("trace-last");
    assert_parsed::<Bottleneck>("lock-last");
}

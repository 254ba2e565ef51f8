// SPDX-License-Identifier: GPL-2.0

//! Records of schemas 4 and 5, byte by byte but for the schema and the hypervisor, and the reports that they were
//! parsed from: see `fixtures/schema-4/README.md` and that of `schema-5`.

use std::{fs, path::PathBuf};

use abi::SCHEMA;
use results::{AnyReport, Bottleneck, JobRunner, LockLoad, Record, Report, SloppyCounter};

fn fixtures(schema: u32) -> PathBuf {
    let folder = format!("tests/fixtures/schema-{schema}");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn fixture(schema: u32, name: &str) -> String {
    fs::read_to_string(fixtures(schema).join(name)).unwrap()
}

/// Fails unless every record of the schema is written as it was read; the number of records.
fn rewritten(schema: u32) -> usize {
    let (old, machine) = (format!("{{\"schema\":{schema},"), "\"machine\":{");
    let today = format!("{{\"schema\":{SCHEMA},");
    let with_hypervisor = format!("{machine}\"hypervisor\":\"unknown\",");
    let mut lines = 0;
    for entry in fs::read_dir(fixtures(schema)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.contains(".json") {
            continue;
        }
        for line in fixture(schema, &name).lines() {
            let record = Record::parse(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            let expected = line.replacen(&old, &today, 1);
            let expected = expected.replacen(machine, &with_hypervisor, 1);
            // No run had readers, or a lock that times out.
            let expected = match line.contains("\"module\":\"lock-load\"") {
                true => expected
                    .replacen("\"run_ms\":", "\"readers_pct\":0,\"run_ms\":", 1)
                    .replacen(
                        "\"histograms\":",
                        "\"timeout_us\":250000,\"histograms\":",
                        1,
                    ),
                false => expected,
            };
            // Tools write the verdict behind the record since schema 5.
            let expected = match expected.rsplit_once(",\"verdict\":") {
                Some((record, _)) if schema == 5 => format!("{record}}}"),
                _ => expected,
            };
            assert_eq!(record.to_json(), expected);
            let check = record.report().map_or(Ok(()), AnyReport::check);
            assert_eq!(check, Ok(()), "{line}");
            lines += 1;
        }
    }
    lines
}

#[test]
fn every_record_is_written_as_it_was_read_and_agrees_with_itself() {
    assert!(rewritten(4) > 30);
    assert_eq!(rewritten(5), 5);
}

/// Fails unless the text of the file `report` is the report of the record `name`.
fn assert_parsed<R: Report + Into<AnyReport>>(schema: u32, name: &str) {
    let text = fixture(schema, &format!("{}.report.txt", R::MODULE));
    let text = text.replacen("\nmachine ", "\nmachine hypervisor=unknown ", 1);
    let text = match R::MODULE {
        LockLoad::MODULE => text
            .replacen(" run_ms=", " readers_pct=0 run_ms=", 1)
            .replacen(" histograms=", " timeout_us=250000 histograms=", 1),
        _ => text,
    };
    let report = R::parse(&text).unwrap();
    let record = Record::parse(&fixture(schema, &format!("{}.{name}.json", R::MODULE))).unwrap();
    assert_eq!(record.report(), Some(&report.into()));
}

#[test]
fn a_report_and_its_record_are_the_same() {
    assert_parsed::<LockLoad>(4, "torture");
    assert_parsed::<SloppyCounter>(4, "audit-last");
    assert_parsed::<JobRunner>(4, "trace-last");
    assert_parsed::<Bottleneck>(4, "lock-last");
    assert_parsed::<LockLoad>(5, "ticket");
}

// SPDX-License-Identifier: GPL-2.0

//! Properties of every parser that the tools share: none panics, what is printed is read back, and an error
//! names the value.

use std::fs;

use abi::{bottleneck, job_runner, lock_load, sloppy_counter};
use cpu_list::CpuList;
use proptest::{collection::vec, prelude::*, sample::Index};
use results::{
    AnyReport, Bottleneck, JobRunner, LockLoad, Record, Report, Settings, SloppyCounter,
};
use wire::{Message, WireError};

/// Cases of each property: all of them together take less than ten seconds.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn fixture(name: &str) -> String {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schema-4/");
    fs::read_to_string(format!("{dir}{name}")).unwrap()
}

/// A value of a setting: a number, a name that some setting has, or neither.
fn value() -> impl Strategy<Value = String> {
    let names = [
        "on", "off", "tas", "ticket", "mcs/halt", "busted", "padata", "sloppy", "all", "auto",
    ];
    prop_oneof![
        any::<u32>().prop_map(|n| (n % 300).to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        Just(u64::MAX.to_string() + "0"),
        proptest::sample::select(names.to_vec()).prop_map(String::from),
        "[!-~]{0,9}",
        "\\PC{1,4}",
    ]
}

/// Sets one setting after the other: each is set, or refused by its name with nothing changed.
fn settings<S: Settings + std::fmt::Debug>(words: &[(Index, String)]) -> Result<(), TestCaseError> {
    let mut config = S::default();
    for (key, value) in words {
        let (before, text) = (config, format!("{}={value}", key.get(S::KEYS)));
        if let Err(refusal) = config.take(&text, 8) {
            prop_assert_eq!(config, before);
            // A `#` begins a comment.
            let (refusal, text) = (refusal.to_string(), text.split('#').next().unwrap_or(""));
            let mut words = text.split_ascii_whitespace();
            let named = words.any(|word| refusal.contains(word));
            prop_assert!(named, "{} does not name {}", refusal, text);
        }
    }
    for text in [config.to_string(), config.listing(8)] {
        let mut again = S::default();
        let taken = again.take(&text, 8).map_err(|refusal| refusal.to_string());
        prop_assert_eq!(taken, Ok(()), "{}", text);
        prop_assert_eq!(again, config);
    }
    Ok(())
}

/// A text with some of its words replaced, doubled or removed, and cut.
fn damaged(text: &str, changes: &[(Index, String, u8)]) -> String {
    let mut words: Vec<String> = text
        .split_inclusive([' ', '\n', ',', ':', '='])
        .map(String::from)
        .collect();
    for (at, new, how) in changes {
        if words.is_empty() {
            break;
        }
        let at = at.index(words.len());
        let end: String = words[at].chars().last().into_iter().collect();
        match how % 4 {
            0 => words[at] = new.clone() + &end,
            1 => words.insert(at, words[at].clone()),
            2 => drop(words.remove(at)),
            _ => words[at] = u64::MAX.to_string() + &end,
        }
    }
    words.concat()
}

fn changes() -> impl Strategy<Value = Vec<(Index, String, u8)>> {
    vec((any::<Index>(), value(), any::<u8>()), 0..4)
}

/// Reads a damaged report; what is read can be checked and asked for everything.
fn report<R: Report + Into<AnyReport>>(changes: &[(Index, String, u8)]) {
    let text = damaged(&fixture(&format!("{}.report.txt", R::MODULE)), changes);
    match R::parse(&text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(report) => ask(&report.into()),
    }
}

fn ask(report: &AnyReport) {
    let _ = (report.check(), report.outcome(), report.value());
    for (_, name, _) in results::metrics::list() {
        let _ = report.metric(name);
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn settings_are_refused_by_name_or_read_back(words in vec((any::<Index>(), value()), 0..6)) {
        settings::<lock_load::Config>(&words)?;
        settings::<sloppy_counter::Config>(&words)?;
        settings::<job_runner::Config>(&words)?;
        settings::<bottleneck::Config>(&words)?;
    }

    #[test]
    fn cpu_list_is_read_back_or_refused_by_name(text in "[0-9,\\- +]{0,12}|\\PC{0,6}") {
        match text.parse::<CpuList>() {
            Ok(list) => prop_assert_eq!(list.to_string().parse::<CpuList>().unwrap(), list),
            Err(error) => prop_assert!(error.to_string().contains(&text), "{}", error),
        }
    }

    #[test]
    fn frame_is_read_back_and_no_bytes_panic(
        data in vec(any::<u8>(), 0..200), kind in 0x0f..0x15_u8, argv in vec("\\PC{0,8}", 0..4),
    ) {
        let run = serde_json::json!({ "run": {
            "nonce": "1", "argv": argv, "env": [], "modules": "all", "stdin": false,
        }});
        for message in [Message::Stdin(data.clone()), serde_json::from_value(run).unwrap()] {
            let mut frame = Vec::new();
            wire::write(&mut frame, &message).unwrap();
            prop_assert_eq!(wire::read(&mut frame.as_slice()).unwrap(), message);
        }
        let length = (data.len() as u32).to_le_bytes();
        let frame = [&[kind][..], &length, &data].concat();
        match wire::read(&mut frame.as_slice()) {
            Err(WireError::UnknownType(named)) => prop_assert_eq!(named, kind),
            Ok(_) | Err(WireError::Malformed(_)) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
        let _ = wire::read(&mut data.as_slice());
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn damaged_report_is_refused_or_read(changes in changes()) {
        report::<LockLoad>(&changes);
        report::<SloppyCounter>(&changes);
        report::<JobRunner>(&changes);
        report::<Bottleneck>(&changes);
    }

    #[test]
    fn damaged_record_is_refused_or_written_as_it_was_read(line in any::<Index>(), changes in changes()) {
        let lines = fixture("batch.jsonl");
        let lines: Vec<&str> = lines.lines().collect();
        if let Ok(record) = Record::parse(&damaged(lines[line.index(lines.len())], &changes)) {
            record.report().into_iter().for_each(ask);
            let again = Record::parse(&record.to_json()).unwrap();
            prop_assert_eq!(again.to_json(), record.to_json());
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Real records of older schemas, not edited but for the paths of the checkout and the home, and the exit
//! codes.

use std::path::Path;
use std::{fs, io};

use vm_record::{
    exit_code_help, Attempt, FindingKind, GuestFailure, GuestOutcome, InjectedPreemption, Mode,
    PreemptTarget, Preemptions, Record, Tier, VcpuReport,
};

fn fixture(name: &str) -> Record {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let text = fs::read_to_string(folder.join(name)).expect(name);
    serde_json::from_str(&text).expect(name)
}

#[test]
fn schema_1_nested_record_is_readable() {
    let record = fixture("schema-1-nested.json");
    assert_eq!((record.schema, record.last.tier), (1, Tier::Nested));
    assert_eq!(record.mode, Some(Mode::Pv));
    assert_eq!(record.preempt, Some(PreemptTarget::Random));
    assert_eq!(record.map_holds, Some(true));
    assert!(record.last.vcpus_report.map_holds());
    let l1 = record.last.l1.as_ref().expect("the key `middle`");
    assert_eq!(l1.map.len(), 1);
    assert!(l1.guest_command_line.contains(&"kvm".to_owned()));
    let preemptions = record.last.vcpus_report.preemptions;
    assert_eq!(preemptions.expect("the key `stops`").served, 2);
    assert_eq!(record.attempts, [record.last]);
}

#[test]
fn schema_1_tcg_record_is_readable() {
    let record = fixture("schema-1-tcg.json");
    assert_eq!(record.last.outcome, GuestOutcome::Exited { status: 0 });
    let times = &record.last.times;
    assert!(times.qemu_start_to_first_command_ms > times.qemu_start_to_hello_ms);
    assert_eq!((record.vcpus, record.ratio, record.retries), (4, 2.0, 0));
}

#[test]
fn schema_1_record_of_a_lost_guest_is_readable() {
    let record = fixture("schema-1-lost.json");
    let failure = record.last.outcome.failure().expect("a failure");
    assert_eq!(failure, GuestFailure::ExitedSilently);
    assert_eq!(record.exit_code, failure.code());
}

#[test]
fn older_names_of_outcomes_are_readable() {
    for (class, failure) in [
        ("splat", GuestFailure::KernelWarning),
        ("died-silently", GuestFailure::ExitedSilently),
        ("middle-failed", GuestFailure::L1Failed),
    ] {
        let text = format!(r#"{{"class": "{class}", "line": "x", "reason": "x"}}"#);
        let outcome: GuestOutcome = serde_json::from_str(&text).expect(class);
        assert_eq!(outcome.failure(), Some(failure));
        let json = serde_json::to_string(&outcome).expect(class);
        assert!(!json.contains(class), "{json}");
    }
}

#[test]
fn record_survives_writing_and_reading() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("vm-record-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    for name in ["nested", "tcg", "lost"] {
        let record = fixture(&format!("schema-1-{name}.json"));
        record.write(&folder)?;
        assert_eq!(Record::read(&folder)?, record);
    }
    assert_eq!(fs::read_dir(&folder)?.count(), 1, "nothing but the record");
    fs::remove_dir_all(&folder)
}

#[test]
fn log_of_injected_preemptions_is_kept_in_the_record_in_its_order() {
    let text = r#"{"map": [], "preemption_log": [
        {"vcpu": 1, "ms": 50, "requested_us": 10, "outcome": "served", "began_us": 220, "ended_us": 50230},
        {"vcpu": 1, "ms": 50, "requested_us": 60, "outcome": "refused"},
        {"vcpu": 0, "ms": 5, "requested_us": 70, "outcome": "stopped", "began_us": 99}]}"#;
    let report: VcpuReport = serde_json::from_str(text).expect("a report");
    let log = &report.preemption_log;
    let stops: Vec<_> = log.iter().map(InjectedPreemption::stop_us).collect();
    assert_eq!(stops, [Some((220, 50230)), None, None]);
    let counts = Preemptions::of(log);
    assert_eq!((counts.requested, counts.served), (3, 1));
    assert_eq!((counts.refused, counts.stopped_us), (1, 50010));
    let json = serde_json::to_string(&report).expect("JSON");
    assert_eq!(
        serde_json::from_str::<VcpuReport>(&json).expect(&json),
        report
    );
    let none = serde_json::to_string(&VcpuReport::default()).expect("JSON");
    assert!(!none.contains("preemption"), "{none}");
}

#[test]
fn retried_attempts_are_those_before_the_last_on_its_tier() {
    let kvm = Attempt {
        tier: Tier::Kvm,
        ..fixture("schema-1-tcg.json").last
    };
    let [lost, tcg] = ["lost", "tcg"].map(|name| fixture(&format!("schema-1-{name}.json")).last);
    for (attempts, expected) in [
        (vec![], vec![]),
        (vec![tcg.clone()], vec![]),
        (vec![kvm.clone(), tcg.clone()], vec![]),
        (vec![kvm, lost.clone(), tcg], vec![lost]),
    ] {
        let retried: Vec<Attempt> = Record::retried(&attempts).cloned().collect();
        assert_eq!(retried, expected);
    }
}

#[test]
fn record_needs_only_tier_and_outcome() {
    let text = r#"{"tier": "tcg", "outcome": {"class": "exited", "status": 0}}"#;
    let record: Record = serde_json::from_str(text).expect("a short record");
    assert_eq!((record.map_holds, record.release.as_str()), (None, ""));
}

#[test]
fn exit_codes_are_the_documented_ones() {
    assert!(GuestFailure::all().map(GuestFailure::code).eq(240..=249));
    let help = exit_code_help();
    for failure in GuestFailure::all() {
        let code = failure.code();
        assert_eq!(GuestFailure::from_code(code), Some(failure));
        assert!(help.contains(&format!("  {code}  {failure}\n")));
    }
    assert_eq!(GuestFailure::from_code(1), None);
    let of_emulator = |nested| GuestFailure::all().filter(move |one| one.is_of_emulator(nested));
    assert!(of_emulator(false).eq([GuestFailure::ExitedSilently]));
    assert_eq!(of_emulator(true).count(), 3);
}

#[test]
fn findings_are_ordered_by_severity() {
    assert!(FindingKind::Panic > FindingKind::Oops && FindingKind::Oops > FindingKind::Warning);
}

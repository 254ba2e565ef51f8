// SPDX-License-Identifier: GPL-2.0

//! `simulate` as a program: lines of all modules in, a record each out.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use results::{Outcome, Record};

/// The records of these lines, and the exit code.
fn batch(lines: &str) -> (Vec<Record>, Option<i32>) {
    let mut simulate = Command::new(env!("CARGO_BIN_EXE_simulate"))
        .args(["batch", "--cpus", "2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = simulate.stdin.take().unwrap();
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    let output = simulate.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (records.collect(), output.status.code())
}

#[test]
fn batch_prints_the_report_of_each_module() {
    let (records, code) = batch(
        "lock-load lock=ticket threads=2 run_ms=2\n\
         sloppy-counter counter=sloppy threads=2 run_ms=2\n\
         job-runner policy=stealing max_threads=4 size=1000\n\
         bottleneck case=ids variant=percpu threads=2 run_ms=2\n",
    );
    let modules: Vec<_> = records.iter().map(|record| &*record.module).collect();
    assert_eq!(modules, results::AnyReport::MODULES);
    for record in &records {
        let report = record.report().unwrap();
        report.check().unwrap();
        assert_eq!(report.outcome(), Outcome::Pass, "{}", record.module);
    }
    assert_eq!(code, Some(0));
}

#[test]
fn line_that_cannot_be_simulated_is_a_failure_with_its_reason() {
    let (records, code) = batch(
        "sloppy-counter fold_ms=1\n\
         nothing x=1\n\
         job-runner max_threads=0\n",
    );
    for (record, reason) in records
        .iter()
        .zip(["fold_ms", "allowed: lock-load", "max_threads"])
    {
        let error = record.error().unwrap();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!((records.len(), code), (3, Some(4)));
}

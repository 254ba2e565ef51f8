// SPDX-License-Identifier: GPL-2.0

//! Tests of verdicts, in text, KTAP, JSON and exit codes: nothing passes where nothing was measured.

use std::process::Command;

use anyhow::{ensure, Context, Result};
use results::{Bottleneck, JobRunner, LockLoad, SloppyCounter};
use serde_json::Value;

use super::command::{records, tool};
use crate::{
    subject::fresh,
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    group(
        "tool/verdicts",
        &[
            ("of_locks_are_counted", locks),
            ("of_advice_is_decided_or_inconclusive", advice),
            ("of_counters_are_counted", counters),
            ("of_bottlenecks_are_counted", bottlenecks),
            ("of_the_guest_tests_are_counted", tested),
            ("of_skipped_checks_are_not_measured", skipped),
            ("of_a_job_without_work_are_not_measured", without_work),
            ("of_a_missing_module_are_not_measured", missing),
        ],
    )
}

/// The keys of the counts, and the words of KTAP for them.
const COUNTS: [(&str, &str); 5] = [
    ("passed", "pass"),
    ("failed", "fail"),
    ("inconclusive", "inconclusive"),
    ("not_measured", "not_measured"),
    ("skipped", "skip"),
];

/// Runs a list of checks as text, KTAP and JSON; returns the lines of JSON but the last.
fn list(words: &[&str], code: i32) -> Result<Vec<Value>> {
    let json = tool(&[words, &["--json"]].concat(), code, &[])?;
    let mut lines = records(&json)?;
    let counts = lines.pop().context("no line")?;
    let sum: u64 = COUNTS
        .iter()
        .filter_map(|(key, _)| counts[key].as_u64())
        .sum();
    ensure!(
        sum == lines.len() as u64,
        "{counts} of {} lines",
        lines.len()
    );
    for line in &lines {
        let whole = ["check", "verdict", "measured"].map(|key| line[key].is_string());
        ensure!(whole == [true; 3], "{line}");
    }
    let passed = lines
        .iter()
        .filter(|line| line["verdict"] == "PASS")
        .count();
    ensure!(counts["passed"] == passed, "{counts}: {json}");
    tool(
        words,
        code,
        &[
            " passed, ",
            " failed, ",
            " inconclusive, ",
            " not measured, ",
        ],
    )?;
    let ktap = tool(
        &[words, &["--ktap"]].concat(),
        code,
        &["KTAP version 1\n1.."],
    )?;
    let last = ktap.trim_end().lines().last().unwrap_or_default();
    let has = |(_, word): &(&str, &str)| last.contains(&format!(" {word}:"));
    ensure!(COUNTS.iter().all(has), "{ktap}");
    Ok(lines)
}

/// The line of the check called `name`.
fn named<'a>(lines: &'a [Value], name: &str) -> Result<&'a Value> {
    let line = lines.iter().find(|line| line["check"] == name);
    line.with_context(|| format!("no check `{name}` in {lines:?}"))
}

fn number(line: &Value, key: &str) -> Result<i64> {
    line[key]
        .as_i64()
        .with_context(|| format!("no `{key}` in {line}"))
}

fn locks() -> Result<()> {
    fresh::<LockLoad>()?;
    let validate = ["lock-load", "validate", "--quick", "--halts", "100"];
    let lines = list(&[&validate[..], &["--lock", "mcs/halt"]].concat(), 0)?;
    let halts = named(&lines, "mcs/halt: no wake-up is lost")?;
    ensure!(
        number(halts, "halts")? >= 100 && number(halts, "lost")? == 0,
        "{halts}"
    );
    let dropped = named(&lines, "control: mcs/busted drops its kicks")?;
    number(dropped, "stuck_vcpu")?;
    ensure!(
        dropped["verdict"] == "PASS" && number(dropped, "lost")? > 0,
        "{dropped}"
    );
    let order = named(&lines, "mcs/halt: order of service, and the longest wait")?;
    ensure!(number(order, "overtaken")? == 0, "{order}");
    Ok(())
}

/// Few rounds tell nothing, or something for certain; either way the finalists and the kernel's own are
/// listed, of one boot.
fn advice() -> Result<()> {
    fresh::<LockLoad>()?;
    let advise = ["lock-load", "advise", "--quick", "--seconds", "6"];
    let output = Command::new(advise[0])
        .args([&advise[1..], &["--json"]].concat())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let advice: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
    let decided = advice["decided"].as_bool().context("no `decided`")?;
    let code = output.status.code();
    ensure!(
        code == Some(if decided { 0 } else { 3 }),
        "{code:?}: {advice}"
    );
    ensure!(
        advice["boots"] == 1 && number(&advice, "rounds")? > 0,
        "{advice}"
    );
    let finalists = advice["finalists"].as_array().context("no finalists")?;
    let is_kernels = |one: &&Value| one["lock"] == "kernel/raw_spin";
    ensure!(finalists.iter().filter(is_kernels).count() == 1, "{advice}");
    ensure!(finalists.len() > 1, "{advice}");
    tool(
        &["lock-load", "advise", "--threads", "100000"],
        2,
        &["threads"],
    )?;
    Ok(())
}

fn counters() -> Result<()> {
    fresh::<SloppyCounter>()?;
    let check = ["sloppy-counter", "check", "--seconds", "1"];
    let lines = list(&[&check[..], &["--only", "busted,sloppy,refs"]].concat(), 0)?;
    let busted = named(&lines, "busted")?;
    ensure!(
        busted["verdict"] == "PASS" && number(busted, "broken")? > 0,
        "{busted}"
    );
    let sloppy = named(&lines, "sloppy")?;
    for key in ["samples", "deaths", "changes", "folds", "interrupts"] {
        ensure!(number(sloppy, key)? > 0, "{key}: {sloppy}");
    }
    ensure!(
        number(sloppy, "lost")? == 0 && number(sloppy, "broken")? == 0,
        "{sloppy}"
    );
    let refs = named(&lines, "refs")?;
    ensure!(
        number(refs, "due")? > 0 && number(refs, "wrong")? == 0,
        "{refs}"
    );
    number(refs, "refusals_allowed")?;
    Ok(())
}

fn bottlenecks() -> Result<()> {
    fresh::<Bottleneck>()?;
    let lines = list(&["bottleneck", "check", "--only", "ids,stats"], 0)?;
    let busted = named(&lines, "ids/busted")?;
    ensure!(
        busted["verdict"] == "PASS" && number(busted, "wrong")? > 0,
        "{busted}"
    );
    ensure!(busted["findings"].is_array(), "{busted}");
    ensure!(lines.len() == 5, "{lines:?}");
    Ok(())
}

fn tested() -> Result<()> {
    let lines = list(&["guest-tests", "jobs", "--jobs", "300"], 0)?;
    let jobs = named(&lines, "job/oracle/300_random_jobs_are_sound")?;
    ensure!(
        number(jobs, "jobs")? == 300 && number(jobs, "hotplugs")? > 0,
        "{jobs}"
    );
    let none = ["guest-tests", "run", "no such test", "--json"];
    tool(&none, 4, &["NOT MEASURED"])?;
    Ok(())
}

/// One thread alone breaks no promise, and shows none.
fn skipped() -> Result<()> {
    fresh::<Bottleneck>()?;
    let only = ["bottleneck", "check", "--only", "stats", "--threads", "1"];
    let lines = list(&only, 4)?;
    let all = lines.iter().all(|line| line["verdict"] == "SKIP");
    ensure!(all, "{lines:?}");
    Ok(())
}

fn without_work() -> Result<()> {
    fresh::<JobRunner>()?;
    let run = ["job-runner", "run", "--size", "0"];
    tool(&run, 4, &["NOT MEASURED: no unit of work was done"])?;
    let verdict = r#""verdict":"NOT MEASURED","reason":"no unit of work was done"#;
    tool(&[&run[..], &["--json"]].concat(), 4, &[verdict])?;
    let sweep = ["job-runner", "sweep", "--size", "0,100", "--repeat", "1"];
    let json = tool(&[&sweep[..], &["--json"]].concat(), 4, &[])?;
    let verdicts = records(&json)?
        .into_iter()
        .map(|run| run["verdict"].clone());
    ensure!(
        verdicts.eq(["NOT MEASURED", "PASS"].map(Value::from)),
        "{json}"
    );
    Ok(())
}

fn missing() -> Result<()> {
    for words in [
        &["lock-load", "validate"],
        &["sloppy-counter", "check"],
        &["bottleneck", "check"],
    ] {
        let elsewhere = [&words[..], &["--root", "/nonexistent"]].concat();
        let json = tool(&[&elsewhere[..], &["--json"]].concat(), 4, &[])?;
        let lines = records(&json)?;
        let counts = lines.last().context("no line")?;
        let none = counts["verdict"] == "NOT MEASURED" && counts["passed"] == 0;
        ensure!(none && counts["error"].is_string(), "{json}");
        let ktap = [&elsewhere[..], &["--ktap"]].concat();
        tool(
            &ktap,
            4,
            &["not ok 1 begin: NOT MEASURED", "not_measured:1"],
        )?;
    }
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! Tests of the tools: output and exit codes.

mod bottleneck;
pub mod command;
mod verdicts;

use std::{
    io::Write,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::Command,
    thread::sleep,
    time::Duration,
};

use abi::status::State;
use anyhow::{ensure, Context, Result};
use results::{vcpus, Record};
use rustix::process::Signal;
use serde_json::Value;

use self::command::{check, kill, records, spawn, tool};
use crate::{
    kernel_module::{be_removed, insert},
    subject::{each_subject, fresh, settle, Subject},
    suite::{group, Body, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests: Vec<Test> = each_subject!(of()).into_iter().flatten().collect();
    tests.extend(bottleneck::tests());
    tests.extend(verdicts::tests());
    let name = "tool/batch/prints_a_record_for_each_line";
    tests.push(Test::new(name, batch));
    tests
}

fn of<R: Subject>() -> Vec<Test> {
    let tests: &[(&str, Body)] = &[
        ("runs_and_sweeps", runs_and_sweeps::<R>),
        ("shows_stops_and_resets", shows_stops_and_resets::<R>),
        ("stops_the_run_on_a_signal", interrupted::<R>),
        (
            "names_the_next_step_without_its_module",
            without_module::<R>,
        ),
        ("names_the_next_step_without_debugfs", without_debugfs::<R>),
        ("names_the_next_step_without_root", without_root::<R>),
        ("exits_2_on_wrong_usage", wrong_usage::<R>),
    ];
    group(&format!("tool/{}", R::MODULE), tests)
}

/// The flag of a setting.
fn flag(key: &str) -> String {
    format!("--{}", key.replace('_', "-"))
}

fn runs_and_sweeps<R: Subject>() -> Result<()> {
    fresh::<R>()?;
    let (threads, name, most) = (flag(R::THREADS), flag(R::NAME.0), vcpus().to_string());
    let run = [R::MODULE, "run", &threads, &most];
    tool(&run, 0, &["run 1: ", "vcpu", "PASS"])?;
    let json = tool(&[&run[..], &["--json"]].concat(), 0, &[])?;
    let record: Record = serde_json::from_str(&json)?;
    let report = record.report().with_context(|| json.clone())?;
    let second = record.module == R::MODULE && report.totals().run == 2;
    ensure!(second, "{json}");
    ensure!(report.settings()[R::THREADS] == vcpus(), "{json}");

    let names = format!("busted,{}", R::NAME.1);
    let sweep = [R::MODULE, "sweep", &name, &names, &threads, &most];
    tool(&sweep, 0, &["PASS", "PASS (caught)"])?;
    let json = tool(&[&sweep[..], &["--json", "--repeat", "2"]].concat(), 0, &[])?;
    let records = records(&json)?.into_iter();
    let order = records.map(|r| (r["seq"].clone(), r["config"][R::NAME.0].clone()));
    let expected = [(0, "busted"), (1, R::NAME.1), (2, "busted"), (3, R::NAME.1)];
    let expected = expected.map(|(seq, name)| (Value::from(seq), Value::from(name)));
    ensure!(order.eq(expected), "not interleaved: {json}");
    Ok(())
}

fn shows_stops_and_resets<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    tool(&[R::MODULE, "status"], 0, &["idle", R::THREADS, "1..="])?;
    module.start(&R::endless())?;
    tool(&[R::MODULE, "status"], 0, &["running"])?;
    tool(&[R::MODULE, "run"], 4, &["EBUSY", "stop"])?;
    tool(&[R::MODULE, "reset"], 4, &["EBUSY", "stop"])?;
    tool(&[R::MODULE, "stop"], 0, &[])?;
    settle(&module)?;
    tool(&[R::MODULE, "reset"], 0, &[])?;
    ensure!(module.dir().status()?.runs == 0);
    let parts = [R::NAME.0, R::NAME.1, "busted", R::THREADS];
    tool(&[R::MODULE, "list"], 0, &parts)?;
    Ok(())
}

fn interrupted<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    let text = R::endless().to_string();
    let settings = results::pairs(&text).flat_map(|(key, value)| [flag(key), value.into()]);
    let words: Vec<String> = std::iter::once("run".into()).chain(settings).collect();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let child = spawn(R::MODULE, &words)?;
        while module.dir().status()?.state != State::Running {
            sleep(Duration::from_millis(5));
        }
        kill(&child, signal)?;
        let output = child.wait_with_output()?;
        ensure!(output.status.signal().is_none(), "{}", output.status);
        check(R::MODULE, &output, code, &["interrupted", "stop"])?;
        let state = module.dir().status()?.state;
        ensure!(state != State::Running, "still running");
        settle(&module)?;
    }
    Ok(())
}

fn without_module<R: Subject>() -> Result<()> {
    be_removed(R::MODULE)?;
    let next = format!("insmod {}.ko", R::MODULE);
    let mut words = ["run", "sweep", "status", "stop", "reset"].into_iter();
    let named = words.try_for_each(|word| tool(&[R::MODULE, word], 4, &[&next]).map(drop));
    let list = tool(&[R::MODULE, "list"], 0, &[R::THREADS]);
    insert(R::MODULE)?;
    named.and(list.map(drop))
}

fn without_debugfs<R: Subject>() -> Result<()> {
    let next = "mount -t debugfs none /nowhere";
    tool(&[R::MODULE, "--root", "/nowhere", "status"], 4, &[next])?;
    Ok(())
}

fn without_root<R: Subject>() -> Result<()> {
    let mut command = Command::new(R::MODULE);
    let output = command.arg("status").uid(65534).gid(65534).output()?;
    check(R::MODULE, &output, 4, &["run this as root"])?;
    Ok(())
}

fn wrong_usage<R: Subject>() -> Result<()> {
    let (threads, name) = (flag(R::THREADS), flag(R::NAME.0));
    for words in [
        &[R::MODULE][..],
        &[R::MODULE, "nonsense"],
        &[R::MODULE, "run", "--nonsense"],
        &[R::MODULE, "run", &threads, "0"],
        &[R::MODULE, "run", &threads, "1,1"],
        &[R::MODULE, "run", &threads, "100000"],
        &[R::MODULE, "sweep", &name, "nonsense"],
        &[R::MODULE, "sweep", "--repeat", "0"],
    ] {
        tool(words, 2, &[])?;
    }
    tool(&[R::MODULE, "--help"], 0, &["Examples:", "Exit codes:"])?;
    Ok(())
}

fn batch() -> Result<()> {
    let input = "\
        # a comment, an empty line, and four runs of which the second and third fail\n\n\
        lock-load lock=tas threads=1 run_ms=20\n\
        lock-load lock=nonsense\n\
        nonsense\n\
        job-runner size=100 max_threads=1 # done\n";
    let mut child = spawn("batch", &[])?;
    let mut stdin = child.stdin.take().context("a pipe was asked for")?;
    stdin.write_all(input.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    let out = check("batch", &output, 4, &["lines that failed: 2"])?;
    let records = records(&out)?;
    ensure!(records.len() == 4, "{out}");
    ensure!(records[0]["sum"]["sections"].as_u64() > Some(0), "{out}");
    let error = |n: usize| records[n]["error"].as_str().unwrap_or("");
    ensure!(error(1).contains("allowed: empty busted"), "{out}");
    ensure!(error(2).contains("no such module"), "{out}");
    ensure!(records[3]["sum"]["once"] == 100, "{out}");
    ensure!((0..4).all(|n| records[n]["seq"] == n), "{out}");
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! The tools as a user has them: what they print, and with what they exit.

mod bottleneck;

use std::{
    io::Write,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Command, Output, Stdio},
    thread::sleep,
    time::Duration,
};

use abi::status::State;
use anyhow::{ensure, Context, Result};
use results::{vcpus, Bottleneck, JobRunner, LockLoad, SloppyCounter};
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;

use crate::{
    kernel_module::{be_removed, insert},
    subject::{fresh, settle, Subject},
    suite::Test,
};

/// The tests of the tools.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    of::<LockLoad>(&mut tests);
    of::<SloppyCounter>(&mut tests);
    of::<JobRunner>(&mut tests);
    of::<Bottleneck>(&mut tests);
    tests.extend(bottleneck::tests());
    tests.push(Test::new("tool/batch/gives_a_record_for_each_line", batch));
    tests
}

fn of<R: Subject>(to: &mut Vec<Test>) {
    let mut test = |name: &str, body: fn() -> Result<()>| {
        to.push(Test::new(format!("tool/{}/{name}", R::MODULE), body));
    };
    test("runs_and_sweeps", runs_and_sweeps::<R>);
    test("shows_stops_and_resets", shows_stops_and_resets::<R>);
    test("stops_the_run_on_an_interrupt", interrupted::<R>);
    test(
        "names_the_next_step_without_its_module",
        without_module::<R>,
    );
    test("names_the_next_step_without_debugfs", without_debugfs::<R>);
    test("names_the_next_step_without_root", without_root::<R>);
    test("exits_2_on_wrong_usage", wrong_usage::<R>);
}

/// Runs a tool and expects an exit code and parts of what it prints.
fn tool(words: &[&str], code: i32, parts: &[&str]) -> Result<String> {
    let output = Command::new(words[0]).args(&words[1..]).output();
    let output = output.with_context(|| words.join(" "))?;
    check(&words.join(" "), &output, code, parts)
}

fn check(what: &str, output: &Output, code: i32, parts: &[&str]) -> Result<String> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let status = output.status;
    ensure!(
        status.code() == Some(code),
        "{what}: {status}, not {code}: {out}{err}"
    );
    for part in parts {
        let there = out.contains(part) || err.contains(part);
        ensure!(there, "{what}: no {part:?} in: {out}{err}");
    }
    Ok(out)
}

fn runs_and_sweeps<R: Subject>() -> Result<()> {
    fresh::<R>()?;
    let threads = format!("--{}", R::THREADS.replace('_', "-"));
    let name = format!("--{}", R::NAME.0);
    let most = vcpus().to_string();
    tool(
        &[R::MODULE, "run", &threads, &most],
        0,
        &["run 1: ", "vcpu", "PASS"],
    )?;
    let json = tool(&[R::MODULE, "run", &threads, &most, "--json"], 0, &[])?;
    let record: Value = serde_json::from_str(&json)?;
    ensure!(
        record["module"] == R::MODULE && record["run"] == 2,
        "{json}"
    );
    ensure!(record["config"][R::THREADS] == vcpus(), "{json}");

    let names = format!("busted,{}", R::NAME.1);
    let sweep = [R::MODULE, "sweep", &name, &names, &threads, &most];
    tool(&sweep, 0, &["PASS", "PASS (caught)"])?;
    let json = tool(&[&sweep[..], &["--json", "--repeat", "2"]].concat(), 0, &[])?;
    let order: Vec<_> = records(&json)?
        .iter()
        .map(|r| (r["seq"].clone(), r["config"][R::NAME.0].clone()))
        .collect();
    let expected = [(0, "busted"), (1, R::NAME.1), (2, "busted"), (3, R::NAME.1)];
    let expected = expected.map(|(seq, name)| (Value::from(seq), Value::from(name)));
    ensure!(order == expected, "not interleaved: {json}");
    Ok(())
}

fn records(json: &str) -> Result<Vec<Value>> {
    let lines = json.lines().map(serde_json::from_str);
    lines
        .collect::<Result<_, _>>()
        .with_context(|| json.to_owned())
}

fn shows_stops_and_resets<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    tool(&[R::MODULE, "status"], 0, &["idle", R::THREADS, "1..="])?;
    module.start(&R::endless())?;
    tool(&[R::MODULE, "status"], 0, &["running"])?;
    tool(&[R::MODULE, "run"], 1, &["EBUSY", "stop"])?;
    tool(&[R::MODULE, "reset"], 1, &["EBUSY", "stop"])?;
    tool(&[R::MODULE, "stop"], 0, &[])?;
    settle(&module)?;
    tool(&[R::MODULE, "reset"], 0, &[])?;
    ensure!(module.dir().status()?.runs == 0);
    tool(
        &[R::MODULE, "list"],
        0,
        &[R::NAME.0, R::NAME.1, "busted", R::THREADS],
    )?;
    Ok(())
}

fn interrupted<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    let mut words = vec!["run".to_owned()];
    let text = R::endless().to_string();
    for (key, value) in results::pairs(&text) {
        words.extend([format!("--{}", key.replace('_', "-")), value.into()]);
    }
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let child = Command::new(R::MODULE)
            .args(&words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context(R::MODULE)?;
        while module.dir().status()?.state != State::Running {
            sleep(Duration::from_millis(5));
        }
        let pid = Pid::from_raw(child.id() as i32).context("a process has an id")?;
        kill_process(pid, signal)?;
        let output = child.wait_with_output()?;
        ensure!(output.status.signal().is_none(), "{}", output.status);
        check(R::MODULE, &output, code, &["interrupted", "stop"])?;
        ensure!(
            module.dir().status()?.state != State::Running,
            "still running"
        );
        settle(&module)?;
    }
    Ok(())
}

fn without_module<R: Subject>() -> Result<()> {
    be_removed(R::MODULE)?;
    let next = format!("insmod {}.ko", R::MODULE);
    let told = ["run", "sweep", "status", "stop", "reset"]
        .iter()
        .try_for_each(|word| tool(&[R::MODULE, word], 1, &[&next]).map(drop));
    let list = tool(&[R::MODULE, "list"], 0, &[R::THREADS]);
    insert(R::MODULE)?;
    told?;
    list.map(drop)
}

fn without_debugfs<R: Subject>() -> Result<()> {
    let next = "mount -t debugfs none /nowhere";
    tool(&[R::MODULE, "--root", "/nowhere", "status"], 1, &[next])?;
    Ok(())
}

fn without_root<R: Subject>() -> Result<()> {
    let output = Command::new(R::MODULE)
        .arg("status")
        .uid(65534)
        .gid(65534)
        .output()?;
    check(R::MODULE, &output, 1, &["run this as root"])?;
    Ok(())
}

fn wrong_usage<R: Subject>() -> Result<()> {
    let threads = format!("--{}", R::THREADS.replace('_', "-"));
    let name = format!("--{}", R::NAME.0);
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
    let mut child = Command::new("batch")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("batch")?;
    let mut stdin = child.stdin.take().context("a pipe was asked for")?;
    stdin.write_all(input.as_bytes())?;
    drop(stdin);
    let out = check(
        "batch",
        &child.wait_with_output()?,
        1,
        &["lines that failed: 2"],
    )?;
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

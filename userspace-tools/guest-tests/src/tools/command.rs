// SPDX-License-Identifier: GPL-2.0

//! Execution of a tool, and what it prints.

use std::process::{Child, Command, Output, Stdio};

use anyhow::{ensure, Context, Result};
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;

/// Runs a tool and expects an exit code and parts of what it prints.
pub fn tool(words: &[&str], code: i32, parts: &[&str]) -> Result<String> {
    let output = Command::new(words[0]).args(&words[1..]).output();
    let output = output.with_context(|| words.join(" "))?;
    check(&words.join(" "), &output, code, parts)
}

pub fn check(what: &str, output: &Output, code: i32, parts: &[&str]) -> Result<String> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let status = output.status;
    let exited = status.code() == Some(code);
    ensure!(exited, "{what}: {status}, not {code}: {out}{err}");
    for part in parts {
        let there = out.contains(part) || err.contains(part);
        ensure!(there, "{what}: no {part:?} in: {out}{err}");
    }
    Ok(out)
}

/// Starts a tool with its output in pipes.
pub fn spawn(tool: &str, arguments: &[String]) -> Result<Child> {
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().with_context(|| tool.to_owned())
}

pub fn kill(child: &Child, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(child.id() as i32).context("a process has an id")?;
    Ok(kill_process(pid, signal)?)
}

pub fn records(json: &str) -> Result<Vec<Value>> {
    let lines = json.lines().map(serde_json::from_str);
    let records: Result<_, _> = lines.collect();
    records.with_context(|| json.to_owned())
}

// SPDX-License-Identifier: GPL-2.0

//! A command with all that the kernel's checkers found meanwhile: its log, lockdep, kmemleak and KCSAN.

use std::{fs, path::Path, process::Command, thread::sleep, time::Duration};

use anyhow::{Context, Result};
use results::Verdict;

use crate::{kernel_log::KernelLog, suite::say};

/// Period of the samples of KFENCE, in milliseconds; the stock kernel takes none by default.
const KFENCE: (&str, &str) = ("/sys/module/kfence/parameters/sample_interval", "10");
/// What kmemleak found, and its command `scan`.
pub const KMEMLEAK: &str = "/sys/kernel/debug/kmemleak";
/// An object younger than that is not reported.
const LEAK_AGE: Duration = Duration::from_secs(6);
const KCSAN: &str = "/sys/kernel/debug/kcsan";
/// Messages of this level and above do not reach the console: KCSAN reports are errors, level 3.
const ERRORS_ARE_SILENT: &str = "3";
const PRINTK: &str = "/proc/sys/kernel/printk";
const LOCKDEP: &str = "/proc/lockdep_stats";

/// Runs a command; FAIL if it failed or a checker had a report, which is printed.
pub fn around(command: &[String]) -> Result<Verdict> {
    let mut log = KernelLog::from_boot()?;
    if Path::new(KFENCE.0).exists() {
        fs::write(KFENCE.0, KFENCE.1).context(KFENCE.0)?;
    }
    if Path::new(KCSAN).exists() {
        // Of the kernel's own races too.
        silence_the_console()?;
    }
    let (program, arguments) = command.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .spawn()
        .with_context(|| program.clone())?;
    let mut reports = Vec::new();
    let status = loop {
        // The log is short, and an old line makes room for a new one.
        reports.extend(log.splats()?);
        match child.try_wait()? {
            Some(status) => break status,
            None => sleep(Duration::from_millis(200)),
        }
    };
    reports.extend(leaks()?);
    reports.extend(log.splats()?);
    reports.extend(lockdep_is_off());
    if let Some(watched) = watched_accesses() {
        if watched == 0 {
            reports.push("KCSAN watched no access".into());
        }
        let races = log.races_of_the_kernel();
        say(&format!(
            "KCSAN: {watched} accesses watched, {races} races between functions of the kernel"
        ));
    }
    for report in &reports {
        say(&format!("report: {report}"));
    }
    say(&format!("checkers: {} reports", reports.len()));
    Ok(Verdict::from(status.success() && reports.is_empty()))
}

/// Keeps errors and warnings from the console, at whose reports `vm` ends a guest.
pub fn silence_the_console() -> Result<()> {
    fs::write(PRINTK, ERRORS_ARE_SILENT).context(PRINTK)
}

/// The objects that kmemleak found.
fn leaks() -> Result<Vec<String>> {
    if !Path::new(KMEMLEAK).exists() {
        return Ok(Vec::new());
    }
    // Twice: a pointer may have been in a register during the first.
    for _ in 0..2 {
        sleep(LEAK_AGE);
        fs::write(KMEMLEAK, "scan").context(KMEMLEAK)?;
    }
    let text = fs::read_to_string(KMEMLEAK).context(KMEMLEAK)?;
    let objects = text.split("unreferenced object").skip(1);
    let leak = |object: &str| format!("kmemleak: {}", object.replace('\n', " | "));
    Ok(objects.map(leak).collect())
}

/// How many accesses KCSAN has held up to see whether another one races with it.
fn watched_accesses() -> Option<u64> {
    let counters = fs::read_to_string(KCSAN).ok()?;
    let count = |line: &str| line.strip_prefix("setup_watchpoints:")?.trim().parse().ok();
    counters.lines().find_map(count)
}

/// lockdep turns itself off after its first report, or when it runs out of room.
fn lockdep_is_off() -> Option<String> {
    let stats = fs::read_to_string(LOCKDEP).ok()?;
    let locks = stats
        .lines()
        .find_map(|line| line.trim().strip_prefix("debug_locks:"))?;
    (locks.trim() != "1").then(|| "lockdep is off".into())
}

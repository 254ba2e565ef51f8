// SPDX-License-Identifier: GPL-2.0

//! The kernel's log, searched for complaints.

use std::{mem, path::Path};

use anyhow::{ensure, Context, Result};
use rustix::{
    fd::OwnedFd,
    fs::{open, seek, Mode, OFlags, SeekFrom},
    io::{read, Errno},
};

use crate::kernel_module::ALL;

const KMSG: &str = "/dev/kmsg";

/// Words of a complaint.
const SPLATS: [&str; 11] = [
    "BUG:",
    "WARNING:",
    "UBSAN:",
    "Oops",
    "detected stall",
    "detected expedited stall",
    "soft lockup",
    "panicked",
    "blocked for more than",
    "general protection",
    "Call Trace:",
];

/// Lines of the log before and after the first of a complaint that are shown with it.
const BEFORE: usize = 2;
const AFTER: usize = 24;

/// Begins a report of KCSAN, which has the stacks of two accesses, and ends with a rule.
const RACE: &str = "BUG: KCSAN:";
const RULE: &str = "=====";
/// Begins the trace of a failure that was asked for, with the number of lines up to its stack.
const INJECTED: [&str; 2] = [
    "FAULT_INJECTION: forcing a failure",
    "kthreadd: vmalloc error",
];
const TO_STACK: usize = 12;
/// Functions that access what their caller has.
const ACCESSORS: [&str; 6] = [
    "rust_helper_",
    "mem",
    "__mem",
    "_copy_",
    "__tsan_",
    "kcsan_",
];

/// The kernel's log from some moment on.
pub struct KernelLog {
    log: OwnedFd,
    /// A report whose end was not there yet.
    open: Vec<String>,
    races_of_the_kernel: u32,
}

impl KernelLog {
    /// The log after this call.
    pub fn from_now() -> Result<Self> {
        let log = Self::from_boot()?;
        seek(&log.log, SeekFrom::End(0)).context(KMSG)?;
        Ok(log)
    }

    /// All of the log that the kernel has kept.
    pub fn from_boot() -> Result<Self> {
        let path = Path::new(KMSG);
        let fd = open(path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty());
        Ok(Self {
            log: fd.with_context(|| format!("{KMSG}: run this as root"))?,
            open: Vec::new(),
            races_of_the_kernel: 0,
        })
    }

    /// Fails if the log since the last call has a complaint.
    pub fn no_splat(&mut self) -> Result<()> {
        let found = self.splats()?;
        ensure!(found.is_empty(), "the kernel's log: {}", found.join(" || "));
        Ok(())
    }

    /// Data races so far between functions of the kernel.
    pub fn races_of_the_kernel(&self) -> u32 {
        self.races_of_the_kernel
    }

    /// The complaints in the log since the last call, each with the lines around it.
    pub fn splats(&mut self) -> Result<Vec<String>> {
        let fresh = self.lines()?;
        let is_growing = !fresh.is_empty();
        let mut lines = mem::take(&mut self.open);
        lines.extend(fresh);
        let (mut splats, mut shown) = (Vec::new(), 0);
        for i in 0..lines.len() {
            let is_splat = SPLATS.iter().any(|s| lines[i].contains(s));
            if i < shown || !is_splat || is_injected(&lines[..i]) {
                continue;
            }
            let from = i.saturating_sub(BEFORE).max(shown);
            let is_race = lines[i].contains(RACE);
            let end = match is_race {
                true => rule(&lines[i..]).map(|n| i + n),
                false => Some(lines.len().min(i + AFTER)),
            };
            if end.is_none() && is_growing {
                self.open = lines.split_off(i);
                break;
            }
            shown = end.unwrap_or(lines.len());
            match is_race && end.is_some() && !is_by_us(&lines[i..shown]) {
                true => self.races_of_the_kernel += 1,
                false => splats.push(lines[from..shown].join(" | ")),
            }
        }
        Ok(splats)
    }

    /// The lines since the last call.
    pub fn lines(&mut self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let mut record = [0; 8192];
        loop {
            match read(&self.log, &mut record) {
                Ok(length) => lines.push(message(&record[..length])),
                Err(Errno::AGAIN) => return Ok(lines),
                // The oldest lines were overwritten; the next read continues with the rest.
                Err(Errno::PIPE | Errno::INTR) => {}
                Err(e) => return Err(e).context(KMSG),
            }
        }
    }
}

/// Number of lines up to the rule that ends a report.
fn rule(report: &[String]) -> Option<usize> {
    report.iter().position(|line| line.starts_with(RULE))
}

/// Whether the next line may be of the trace of a failure that was asked for.
fn is_injected(before: &[String]) -> bool {
    let mut last = before.iter().rev().take(TO_STACK);
    last.any(|line| INJECTED.iter().any(|begin| line.contains(begin)))
}

/// Whether an access of a report of KCSAN is by a function of ours: by the first of its stack that was
/// not called to do just that.
fn is_by_us(report: &[String]) -> bool {
    let by = |line: &&[String]| line[0].contains(" by task ") || line[0].contains(" by interrupt ");
    let stacks = (0..report.len()).map(|i| &report[i..]).filter(by);
    let top = |stack: &[String]| {
        let mut frames = stack[1..].iter().map(|frame| frame.trim_start());
        let top = frames.find(|frame| !ACCESSORS.iter().any(|name| frame.starts_with(name)));
        top.is_some_and(is_ours)
    };
    stacks.into_iter().any(top)
}

/// Whether a frame `name+0x1/0x2 [module]` is of a module of ours.
fn is_ours(frame: &str) -> bool {
    let is_in = |module: &str| frame.ends_with(&format!("[{}]", module.replace('-', "_")));
    ALL.into_iter().any(is_in)
}

/// The text of a record `priority,number,time,flags;text`.
fn message(record: &[u8]) -> String {
    let text = String::from_utf8_lossy(record);
    let text = text.split_once(';').map_or(text.as_ref(), |(_, text)| text);
    text.lines().next().unwrap_or("").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(accesses: [&str; 2]) -> Vec<String> {
        let [first, second] = accesses;
        let text = format!(
            "BUG: KCSAN: data-race in a / b\n\nwrite to 0xff of 8 bytes by task 72 on cpu 1:\n{first}\n \
             kthread+0x229/0x260\n\nread to 0xff of 8 bytes by interrupt on cpu 2:\n{second}\n \
             kthread+0x229/0x260\n\nReported by Kernel Concurrency Sanitizer on:\n{RULE}"
        );
        text.lines().map(String::from).collect()
    }

    #[test]
    fn boot_of_xen_has_no_complaint() {
        for line in [
            "installing Xen timer for CPU 1",
            "xen: PV spinlocks enabled",
        ] {
            assert!(!SPLATS.iter().any(|word| line.contains(word)), "{line}");
        }
    }

    #[test]
    fn race_is_of_who_accesses() {
        let kernel = " osq_lock+0x8a/0x2c0\n f+0x1/0x2 [lock_load]";
        let ours = " f+0x1/0x2 [lock_load]";
        let other = " f+0x1/0x2 [loop]";
        let helper = " rust_helper_get+0x1/0x2\n f+0x1/0x2 [job_runner]";
        assert!(!is_by_us(&report([kernel, kernel])));
        assert!(!is_by_us(&report([kernel, other])));
        assert!(is_by_us(&report([kernel, ours])));
        assert!(is_by_us(&report([helper, kernel])));
    }
}

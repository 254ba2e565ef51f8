// SPDX-License-Identifier: GPL-2.0

//! The kernel's log, searched for complaints.

use std::path::Path;

use anyhow::{ensure, Context, Result};
use rustix::{
    fd::OwnedFd,
    fs::{open, seek, Mode, OFlags, SeekFrom},
    io::{read, Errno},
};

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

/// The kernel's log from some moment on.
pub struct KernelLog(OwnedFd);

impl KernelLog {
    /// The log after this call.
    pub fn from_now() -> Result<Self> {
        let log = Self::from_boot()?;
        seek(&log.0, SeekFrom::End(0)).context(KMSG)?;
        Ok(log)
    }

    /// All of the log that the kernel has kept.
    pub fn from_boot() -> Result<Self> {
        let path = Path::new(KMSG);
        let fd = open(path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty());
        let fd = fd.with_context(|| format!("{KMSG}: run this as root"))?;
        Ok(Self(fd))
    }

    /// Fails if the log since the last call has a complaint.
    pub fn no_splat(&mut self) -> Result<()> {
        let found = self.splats()?;
        ensure!(found.is_empty(), "the kernel's log: {}", found.join(" || "));
        Ok(())
    }

    /// The complaints in the log since the last call, each with the lines around it.
    pub fn splats(&mut self) -> Result<Vec<String>> {
        let lines = self.lines()?;
        let (mut splats, mut shown) = (Vec::new(), 0);
        for (i, line) in lines.iter().enumerate() {
            if i >= shown && SPLATS.iter().any(|s| line.contains(s)) {
                let from = i.saturating_sub(BEFORE).max(shown);
                shown = lines.len().min(i + AFTER);
                splats.push(lines[from..shown].join(" | "));
            }
        }
        Ok(splats)
    }

    fn lines(&mut self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let mut record = [0; 8192];
        loop {
            match read(&self.0, &mut record) {
                Ok(length) => lines.push(message(&record[..length])),
                Err(Errno::AGAIN) => return Ok(lines),
                // The oldest lines were overwritten; the next read continues with the rest.
                Err(Errno::PIPE | Errno::INTR) => {}
                Err(e) => return Err(e).context(KMSG),
            }
        }
    }
}

/// The text of a record `priority,number,time,flags;text`.
fn message(record: &[u8]) -> String {
    let text = String::from_utf8_lossy(record);
    let text = text.split_once(';').map_or(text.as_ref(), |(_, text)| text);
    text.lines().next().unwrap_or("").into()
}

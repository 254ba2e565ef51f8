// SPDX-License-Identifier: GPL-2.0

//! The QEMU process: started in a group of its own, killed without fail.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::SyncSender;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use rustix::process::{pidfd_open, pidfd_send_signal, Pid, PidfdFlags, Signal};

use crate::event::Event;

/// A running QEMU. Dropping it kills it.
#[derive(Clone)]
pub struct Qemu {
    // A pidfd, unlike a pid, cannot come to mean another process.
    pidfd: Arc<OwnedFd>,
}

impl Qemu {
    /// Starts it. Must be called by the main thread: the kernel kills QEMU when the thread that
    /// started it ends.
    pub fn start(line: &[String], log: &Path, events: SyncSender<Event>) -> Result<Qemu> {
        let out = File::create(log).with_context(|| log.display().to_string())?;
        let (program, arguments) = line.split_first().context("an empty command line")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            // Ctrl-C on a terminal is for us; we end QEMU.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot run {program}; it is part of the toolbox"))?;
        let pid = Pid::from_raw(child.id() as i32).context("QEMU's process id")?;
        let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => pidfd,
            Err(error) => {
                let _ = child.kill();
                return Err(error).context("pidfd_open (Linux 5.3 has it)");
            }
        };
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = events.send(Event::QemuEnded(status));
            }
        });
        Ok(Qemu {
            pidfd: Arc::new(pidfd),
        })
    }

    /// Kills it, if it still runs.
    pub fn kill(&self) {
        let _ = pidfd_send_signal(&*self.pidfd, Signal::KILL);
    }
}

/// The last lines of its log that say something.
pub fn log_tail(log: &Path, count: usize) -> Vec<String> {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

// SPDX-License-Identifier: GPL-2.0

//! QEMU process: started in a process group of its own, killed through a pidfd.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::SyncSender;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use rustix::process::{pidfd_open, pidfd_send_signal, Pid, PidfdFlags, Signal};

use super::event::Event;

/// A handle of a child process, which unlike a process id cannot come to mean another one.
#[derive(Clone)]
pub struct Pidfd(Arc<OwnedFd>);

impl Pidfd {
    pub fn of(child: &Child) -> Result<Pidfd> {
        let pid = Pid::from_raw(child.id() as i32).context("a process id of 0")?;
        let fd = pidfd_open(pid, PidfdFlags::empty()).context("pidfd_open (Linux 5.3 has it)")?;
        Ok(Pidfd(Arc::new(fd)))
    }

    /// Sends a signal; a process that has ended needs none.
    pub fn signal(&self, signal: Signal) {
        let _ = pidfd_send_signal(&*self.0, signal);
    }
}

#[derive(Clone)]
pub struct Qemu(Pidfd);

impl Qemu {
    /// Starts QEMU. Must be called by the main thread: the kernel kills QEMU when the thread that started it
    /// ends.
    pub fn start(line: &[String], log: &Path, events: SyncSender<Event>) -> Result<Qemu> {
        let out = File::create(log).with_context(|| log.display().to_string())?;
        let (program, arguments) = line.split_first().context("an empty command line")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            // Ctrl-C on a terminal is for `vm`, which ends QEMU.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot run {program}, which is part of the toolbox"))?;
        let pidfd = Pidfd::of(&child).inspect_err(|_| drop(child.kill()))?;
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = events.send(Event::QemuEnded(status));
            }
        });
        Ok(Qemu(pidfd))
    }

    pub fn kill(&self) {
        self.0.signal(Signal::KILL);
    }
}

/// The last lines of a log that are not blank.
pub fn log_tail(log: &Path, count: usize) -> Vec<String> {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    lines[lines.len().saturating_sub(count)..].to_vec()
}

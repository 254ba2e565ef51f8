// SPDX-License-Identifier: GPL-2.0

//! Runs of ours that this one waits for: told to end when it is.

use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use rustix::process::{pidfd_open, pidfd_send_signal, Pid, PidfdFlags, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The runs, and the signal that ended them.
#[derive(Clone, Default)]
pub struct Children(Arc<Mutex<Now>>);

#[derive(Default)]
struct Now {
    signal: Option<i32>,
    // A pidfd, unlike a pid, cannot come to mean another process.
    children: Vec<OwnedFd>,
}

impl Children {
    /// Starts to listen.
    pub fn watch() -> Result<Children> {
        let children = Children::default();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signal handlers")?;
        let this = children.clone();
        thread::spawn(move || {
            for signal in signals.forever() {
                this.now().signal.get_or_insert(signal);
                this.end();
            }
        });
        Ok(children)
    }

    /// Counts one more.
    pub fn add(&self, child: &Child) -> Result<()> {
        let pid = Pid::from_raw(child.id() as i32).context("its process id")?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).context("pidfd_open")?;
        let mut now = self.now();
        now.children.push(pidfd);
        if now.signal.is_some() {
            drop(now);
            self.end();
        }
        Ok(())
    }

    /// Tells all of them to end.
    pub fn end(&self) {
        for child in &self.now().children {
            // One that has ended already needs no telling.
            let _ = pidfd_send_signal(child, Signal::TERM);
        }
    }

    /// The signal that ended us.
    pub fn signal(&self) -> Option<i32> {
        self.now().signal
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An exit code as a shell gives it.
pub fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => code as u8,
        (None, signal) => 128 + signal.unwrap_or_default() as u8,
    }
}

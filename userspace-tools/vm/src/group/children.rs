// SPDX-License-Identifier: GPL-2.0

//! Child processes of a group: a signal to the group ends them.

use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use rustix::process::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use vm_record::COMMAND_SIGNALED;

use crate::qemu::process::Pidfd;

/// The children, and the signal that ended the group.
#[derive(Clone, Default)]
pub struct Children(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    signal: Option<i32>,
    children: Vec<Pidfd>,
}

impl Children {
    /// Starts to wait for signals.
    pub fn new() -> Result<Children> {
        let children = Children::default();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signal handlers")?;
        let this = children.clone();
        thread::spawn(move || {
            for signal in signals.forever() {
                this.state().signal.get_or_insert(signal);
                this.end();
            }
        });
        Ok(children)
    }

    /// Adds a child.
    pub fn add(&self, child: &Child) -> Result<()> {
        let mut state = self.state();
        state.children.push(Pidfd::of(child)?);
        if state.signal.is_some() {
            drop(state);
            self.end();
        }
        Ok(())
    }

    /// Ends all children.
    pub fn end(&self) {
        for child in &self.state().children {
            child.signal(Signal::TERM);
        }
    }

    /// The signal that ended the group.
    pub fn signal(&self) -> Option<i32> {
        self.state().signal
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An exit code as a shell gives it.
pub fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => code as u8,
        (None, signal) => COMMAND_SIGNALED + signal.unwrap_or_default() as u8,
    }
}

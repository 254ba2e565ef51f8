// SPDX-License-Identifier: GPL-2.0

//! Signals: the running child ends first, and the result stays marked as incomplete.

use std::{
    process::{exit, Child},
    sync::atomic::{AtomicI32, Ordering::SeqCst},
    thread,
};

use anyhow::Context;
use rustix::process::{kill_process, Pid, Signal};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

/// The signal received, or 0.
static RECEIVED: AtomicI32 = AtomicI32::new(0);
/// The child to terminate, or 0.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// Starts a thread that terminates the child on a signal; without a child it exits.
pub fn watch() -> anyhow::Result<()> {
    let mut signals =
        Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot watch for signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            RECEIVED.store(signal, SeqCst);
            match Pid::from_raw(CHILD.load(SeqCst)) {
                // `vm` and `make` end their own children in turn.
                Some(child) => drop(kill_process(child, Signal::TERM)),
                None => exit(128 + signal),
            }
        }
    });
    Ok(())
}

/// Marks the child that a signal terminates, until dropped.
pub struct Guarded;

impl Guarded {
    /// Marks `child`.
    pub fn new(child: &Child) -> Self {
        CHILD.store(child.id().try_into().unwrap_or(0), SeqCst);
        Self
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        CHILD.store(0, SeqCst);
    }
}

/// Terminates `child`.
pub fn end(child: &Child) {
    if let Some(pid) = child.id().try_into().ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// The signal that ended the command, if one did.
pub fn signal() -> Option<u8> {
    u8::try_from(RECEIVED.load(SeqCst))
        .ok()
        .filter(|signal| *signal > 0)
}

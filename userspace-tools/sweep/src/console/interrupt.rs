// SPDX-License-Identifier: GPL-2.0

//! An orderly end: what `sweep` started ends before it, and results stay marked as incomplete.

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

/// The signal that came, or 0.
static CAME: AtomicI32 = AtomicI32::new(0);
/// The child that is told to end, or 0.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// From now on a signal ends the child first; `sweep` then ends by itself.
pub fn watch() -> anyhow::Result<()> {
    let mut signals =
        Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot watch for signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            CAME.store(signal, SeqCst);
            match Pid::from_raw(CHILD.load(SeqCst)) {
                // It is `vm` or `make`, which end what they started in turn.
                Some(child) => drop(kill_process(child, Signal::TERM)),
                None => exit(128 + signal),
            }
        }
    });
    Ok(())
}

/// The child that a signal is passed on to, until dropped.
pub struct Guarded;

impl Guarded {
    /// Passes signals on to `child`.
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

/// Tells `child` to end.
pub fn end(child: &Child) {
    if let Some(pid) = child.id().try_into().ok().and_then(Pid::from_raw) {
        // It may have ended by itself meanwhile; then there is nothing to do.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// The signal that ended the command, if one did.
pub fn signal() -> Option<u8> {
    u8::try_from(CAME.load(SeqCst))
        .ok()
        .filter(|signal| *signal > 0)
}

// SPDX-License-Identifier: GPL-2.0

//! Signals: the running child ends first, and an unfinished result is marked with the next step.

use std::{
    fs,
    process::{exit, Child},
    sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst},
    thread,
};

use anyhow::{bail, Context};
use exit_code::Exit;
use rustix::process::{kill_process, Pid, Signal};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::console::stderr;

/// The signal received, or 0.
static RECEIVED: AtomicI32 = AtomicI32::new(0);
/// The child to terminate, or 0.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// Whether the command looks for signals itself when no child runs.
static LOOKED_FOR: AtomicBool = AtomicBool::new(false);

/// Starts a thread that terminates the child on a signal. Without a child it exits, unless the command looks
/// for signals itself.
pub fn watch() -> anyhow::Result<()> {
    let hangup = (!ignores_hangup()).then_some(SIGHUP);
    let signals = [SIGINT, SIGTERM].into_iter().chain(hangup);
    let mut signals = Signals::new(signals).context("cannot watch for signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            RECEIVED.store(signal, SeqCst);
            match Pid::from_raw(CHILD.load(SeqCst)) {
                // `vm` and `make` end their own children in turn.
                Some(child) => drop(kill_process(child, Signal::TERM)),
                None if LOOKED_FOR.load(SeqCst) => {}
                None => {
                    stderr::print_line(format_args!("sweep: interrupted by signal {signal}"));
                    exit(Exit::Signal(signal as u8).code().into())
                }
            }
        }
    });
    Ok(())
}

/// Whether a hangup is ignored, as under `nohup`: it stays so.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}

/// From now on the command looks for [`signal`] between two children.
pub fn look_for() {
    LOOKED_FOR.store(true, SeqCst);
}

/// Fails after a signal, in a command that looks for it where no child runs.
pub fn check() -> anyhow::Result<()> {
    signal().map_or(Ok(()), |signal| bail!("interrupted by signal {signal}"))
}

/// Marks the child that a signal terminates, until dropped.
pub struct Guarded;

impl Guarded {
    /// Marks `child`, and terminates it if a signal came before.
    pub fn new(child: &Child) -> Self {
        CHILD.store(child.id().try_into().unwrap_or(0), SeqCst);
        if signal().is_some() {
            end(child);
        }
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

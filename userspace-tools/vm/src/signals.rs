// SPDX-License-Identifier: GPL-2.0

//! Signals that end `vm`, taken by a thread of their own.

use std::thread;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use vm_record::COMMAND_SIGNALED;

pub fn on_signal(mut handle: impl FnMut(i32) + Send + 'static) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signal handlers")?;
    thread::spawn(move || signals.forever().for_each(&mut handle));
    Ok(())
}

/// The exit code of a process that a signal ended.
pub fn exit_code(signal: i32) -> u8 {
    COMMAND_SIGNALED + signal as u8
}

// SPDX-License-Identifier: GPL-2.0

//! Signals that end `vm`, taken by a thread of their own.

use std::fs;
use std::thread;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use vm_record::COMMAND_SIGNALED;

/// Handles the signals; a hangup that is ignored, as under `nohup`, stays so.
pub fn on_signal(mut handle: impl FnMut(i32) + Send + 'static) -> Result<()> {
    let hangup = (!ignores_hangup()).then_some(SIGHUP);
    let signals = [SIGINT, SIGTERM].into_iter().chain(hangup);
    let mut signals = Signals::new(signals).context("signal handlers")?;
    thread::spawn(move || signals.forever().for_each(&mut handle));
    Ok(())
}

fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}

/// The exit code of a process that a signal ended.
pub fn exit_code(signal: i32) -> u8 {
    COMMAND_SIGNALED + signal as u8
}

// SPDX-License-Identifier: GPL-2.0

//! SIGINT and SIGTERM end the guest, then `vm`.

use std::path::PathBuf;
use std::process;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::event::Event;
use crate::process::Qemu;

/// How long the orderly end may take; it takes longer only when nobody reads our output.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is running now, for the thread that waits for signals.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<Now>>);

#[derive(Default)]
struct Now {
    signal: Option<i32>,
    attempt: Option<(Qemu, SyncSender<Event>, PathBuf)>,
}

impl Running {
    /// Starts to listen.
    pub fn watch() -> Result<Running> {
        let running = Running::default();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signal handlers")?;
        let this = running.clone();
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                this.end(signal);
            }
        });
        Ok(running)
    }

    /// Names the attempt that a signal is to end.
    pub fn attempt(&self, qemu: &Qemu, events: &SyncSender<Event>, folder: PathBuf) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now.attempt = Some((qemu.clone(), events.clone(), folder));
        // One that came before there was a QEMU must not be lost.
        if let Some(signal) = now.signal {
            let _ = events.try_send(Event::Signal(signal));
        }
    }

    fn end(&self, signal: i32) {
        let attempt = {
            let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            now.signal = Some(signal);
            now.attempt.clone()
        };
        if let Some((qemu, events, folder)) = attempt {
            match events.try_send(Event::Signal(signal)) {
                Ok(()) | Err(TrySendError::Disconnected(_)) => {}
                // The queue is full because our output is not read: end QEMU here.
                Err(TrySendError::Full(_)) => qemu.kill(),
            }
            thread::sleep(PATIENCE);
            qemu.kill();
            let _ = std::fs::remove_dir_all(folder);
        }
        process::exit(128 + signal);
    }
}

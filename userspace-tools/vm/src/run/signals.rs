// SPDX-License-Identifier: GPL-2.0

//! Interrupted run: a signal ends the guest and its files first, then `vm`.

use std::path::PathBuf;
use std::process;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

use crate::limits::SIGNAL_EXIT;
use crate::qemu::event::Event;
use crate::qemu::process::Qemu;
use crate::signals::{exit_code, on_signal};

#[derive(Clone, Default)]
pub struct SignalHandler(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    signal: Option<i32>,
    attempt: Option<(Qemu, SyncSender<Event>, PathBuf)>,
}

impl SignalHandler {
    pub fn start() -> Result<SignalHandler> {
        let handler = SignalHandler::default();
        let this = handler.clone();
        on_signal(move |signal| this.end(signal))?;
        Ok(handler)
    }

    /// Names the attempt that a signal is to end.
    pub fn set_attempt(&self, qemu: &Qemu, events: &SyncSender<Event>, folder: PathBuf) {
        let mut state = self.state();
        state.attempt = Some((qemu.clone(), events.clone(), folder));
        // A signal from before QEMU's start must not be lost.
        if let Some(signal) = state.signal {
            let _ = events.try_send(Event::Signal(signal));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, signal: i32) {
        let attempt = {
            let mut state = self.state();
            state.signal = Some(signal);
            state.attempt.clone()
        };
        if let Some((qemu, events, folder)) = attempt {
            match events.try_send(Event::Signal(signal)) {
                Ok(()) | Err(TrySendError::Disconnected(_)) => {}
                // The queue is full because the output is not read: end QEMU here.
                Err(TrySendError::Full(_)) => qemu.kill(),
            }
            thread::sleep(SIGNAL_EXIT);
            qemu.kill();
            let _ = std::fs::remove_dir_all(folder);
        }
        process::exit(exit_code(signal).into());
    }
}

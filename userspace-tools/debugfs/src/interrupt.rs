// SPDX-License-Identifier: GPL-2.0

//! SIGINT and SIGTERM as a flag that waits check.

use std::{
    io,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        Arc,
    },
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// The pending signal, if any.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Catches SIGINT and SIGTERM from now on; a second one ends the process at once.
    pub fn catch() -> io::Result<Self> {
        let raised = Self::default();
        let armed = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&armed))?;
            flag::register(signal, Arc::clone(&armed))?;
            flag::register_usize(signal, Arc::clone(&raised.0), signal as usize)?;
        }
        Ok(raised)
    }

    /// The pending signal.
    pub fn signal(&self) -> Option<usize> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal),
        }
    }

    /// Makes `signal` pending.
    pub fn raise(&self, signal: usize) {
        self.0.store(signal, Ordering::Relaxed);
    }
}

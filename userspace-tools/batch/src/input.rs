// SPDX-License-Identifier: GPL-2.0

//! Lines of standard input; a signal ends the wait for one.

use std::{
    io::{self, BufRead},
    sync::mpsc::{sync_channel, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use debugfs::Interrupt;

/// Period of the check for a signal.
const PERIOD: Duration = Duration::from_millis(50);

/// Standard input, read by a thread: a signal does not interrupt a blocking read.
pub struct Input(Receiver<io::Result<String>>);

/// The next event.
pub enum Next {
    /// A line, without its newline.
    Line(String),
    /// The end of the input.
    End,
    /// A signal.
    Signal(usize),
}

impl Input {
    /// Starts the thread, which reads at most one line ahead.
    pub fn open() -> Self {
        let (to, from) = sync_channel(0);
        thread::spawn(move || {
            let mut lines = io::stdin().lock().lines();
            // `send` fails once the receiver is dropped.
            while lines.next().is_some_and(|line| to.send(line).is_ok()) {}
        });
        Self(from)
    }

    /// Waits for a line or a signal; a signal takes precedence.
    pub fn next(&self, interrupt: &Interrupt) -> io::Result<Next> {
        loop {
            if let Some(signal) = interrupt.signal() {
                return Ok(Next::Signal(signal));
            }
            match self.0.recv_timeout(PERIOD) {
                Ok(line) => return Ok(Next::Line(line?)),
                Err(RecvTimeoutError::Disconnected) => return Ok(Next::End),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Lines of the standard input, waited for in a way that a signal ends.

use std::{
    io::{self, BufRead},
    sync::mpsc::{sync_channel, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use debugfs::Interrupt;

/// How long Ctrl-C may take to be seen.
const LOOK: Duration = Duration::from_millis(50);

/// The standard input, read by a thread: a signal does not end a call that waits for input.
pub struct Input(Receiver<io::Result<String>>);

/// What came next.
pub enum Next {
    /// A line, without its end.
    Line(String),
    /// The end of the input.
    End,
    /// A signal instead.
    Signal(usize),
}

impl Input {
    /// Begins to read; at most one line is read ahead.
    pub fn open() -> Self {
        let (to, from) = sync_channel(0);
        thread::spawn(move || {
            let mut lines = io::stdin().lock().lines();
            // Whoever has left needs no more lines.
            while lines.next().is_some_and(|line| to.send(line).is_ok()) {}
        });
        Self(from)
    }

    /// Waits for a line, or for a signal, which goes first.
    pub fn next(&self, interrupt: &Interrupt) -> io::Result<Next> {
        loop {
            if let Some(signal) = interrupt.signal() {
                return Ok(Next::Signal(signal));
            }
            match self.0.recv_timeout(LOOK) {
                Ok(line) => return Ok(Next::Line(line?)),
                Err(RecvTimeoutError::Disconnected) => return Ok(Next::End),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! One guest's connection to the barrier of its group, if it belongs to one.
//!
//! A line of text each way: `arrived` when the guest waits, `go` when all guests do, `done` when this guest
//! does not arrive again.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::thread;

use anyhow::{Context, Result};

use crate::qemu::event::Event;

pub const ARRIVED: &str = "arrived";
pub const GO: &str = "go";
pub const DONE: &str = "done";

/// The connection; none without a group.
pub struct Barrier(Option<UnixStream>);

impl Barrier {
    /// Connects to the group's socket; its releases become events.
    pub fn join(socket: Option<&Path>, events: &SyncSender<Event>) -> Result<Barrier> {
        let Some(path) = socket else {
            return Ok(Barrier(None));
        };
        let stream = UnixStream::connect(path).with_context(|| path.display().to_string())?;
        let lines = BufReader::new(stream.try_clone()?).lines();
        let events = events.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line == GO && events.send(Event::Release).is_err() {
                    return;
                }
            }
        });
        Ok(Barrier(Some(stream)))
    }

    /// The guest has arrived; whether it has to wait.
    pub fn arrive(&mut self) -> bool {
        self.send(ARRIVED)
    }

    pub fn leave(&mut self) {
        self.send(DONE);
    }

    /// Whether the line was sent; a group that has ended also ends this guest.
    fn send(&mut self, line: &str) -> bool {
        let sent = self.0.as_mut().map(|stream| writeln!(stream, "{line}"));
        matches!(sent, Some(Ok(())))
    }
}

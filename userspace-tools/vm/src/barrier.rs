// SPDX-License-Identifier: GPL-2.0

//! One guest's line to the group that it competes in, if there is one.
//!
//! A line of text each way: `arrived` when the guest waits, `go` when all do, `done` when it never will.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::thread;

use anyhow::{Context, Result};

use crate::event::Event;

/// The guest waits.
pub const ARRIVED: &str = "arrived";
/// All of them do.
pub const GO: &str = "go";
/// The guest's command has ended.
pub const DONE: &str = "done";

/// The line; without a group nobody is waited for.
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

    /// The guest has arrived; whether it may go on at once.
    pub fn arrived(&mut self) -> bool {
        self.0.is_none() || !self.say(ARRIVED)
    }

    /// The guest will not arrive any more.
    pub fn done(&mut self) {
        self.say(DONE);
    }

    /// Whether somebody heard it; a group that is gone has ended us, or is about to.
    fn say(&mut self, line: &str) -> bool {
        let said = self.0.as_mut().map(|stream| writeln!(stream, "{line}"));
        matches!(said, Some(Ok(())))
    }
}

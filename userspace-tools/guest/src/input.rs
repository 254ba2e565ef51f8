// SPDX-License-Identifier: GPL-2.0

//! What the host sends after the job: the command's standard input, and the goodbye.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use wire::Message;

use crate::channel::Messages;
use crate::power;

/// How long the host may take to say goodbye; it may be writing a lot of output to a slow pipe.
const GOODBYE: Duration = Duration::from_secs(60);

/// How many pieces of input wait for the command: what comes after them, a release too, is not read
/// before it takes some.
const AHEAD: usize = 1024;

/// The threads that read the channel and write the command's standard input.
pub struct Input {
    target: Sender<Option<ChildStdin>>,
    goodbye: Receiver<()>,
}

impl Input {
    /// Starts them; gives also what comes when a barrier is released.
    pub fn new(messages: Messages) -> (Input, Receiver<()>) {
        let (target, targets) = mpsc::channel();
        let (pieces, data) = mpsc::sync_channel(AHEAD);
        let (done, goodbye) = mpsc::channel();
        let (release, released) = mpsc::channel();
        thread::spawn(move || read(messages, &pieces, &release, &done));
        thread::spawn(move || write(&data, &targets));
        (Input { target, goodbye }, released)
    }

    /// Names the command's standard input; nothing is handed on before that.
    pub fn goes_to(&self, stdin: Option<ChildStdin>) {
        // The thread ends only together with the guest.
        let _ = self.target.send(stdin);
    }

    /// Waits until the host has everything.
    pub fn goodbye(&self) -> Result<()> {
        self.goodbye
            .recv_timeout(GOODBYE)
            .context("the host did not say goodbye")
    }
}

/// Hands on each message to whom it is for; an empty piece ends the input.
fn read(
    mut messages: Messages,
    pieces: &SyncSender<Vec<u8>>,
    release: &Sender<()>,
    done: &Sender<()>,
) {
    loop {
        // Nobody takes one only when the guest gave up already.
        match wire::read(&mut messages) {
            Ok(Message::Stdin(data)) if data.is_empty() => {}
            Ok(Message::Stdin(data)) => drop(pieces.send(data)),
            Ok(Message::StdinEnd) => drop(pieces.send(Vec::new())),
            Ok(Message::Release) => drop(release.send(())),
            Ok(Message::Goodbye) => drop(done.send(())),
            Ok(other) => eprintln!("guest: the host sent {other:?} while the command ran"),
            Err(error) => {
                eprintln!("guest: input: {error}");
                return power::off();
            }
        }
    }
}

fn write(data: &Receiver<Vec<u8>>, targets: &Receiver<Option<ChildStdin>>) {
    let mut stdin = targets.recv().ok().flatten();
    for piece in data {
        // A command that does not read its input is not in the way.
        let open = stdin
            .as_mut()
            .is_some_and(|stdin| stdin.write_all(&piece).is_ok());
        if piece.is_empty() || !open {
            stdin = None;
        }
    }
}

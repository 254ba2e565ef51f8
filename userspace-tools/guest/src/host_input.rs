// SPDX-License-Identifier: GPL-2.0

//! Messages of the host after the request: the command's standard input, releases, the goodbye.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

use anyhow::{Context, Result};
use wire::Message;

use crate::channel::Messages;
use crate::limits::INPUT_PIECES;
use crate::power;

/// Threads that read the channel and write the command's standard input.
pub struct HostInput {
    target: Sender<Option<ChildStdin>>,
    goodbye: Receiver<()>,
}

impl HostInput {
    /// Starts them; gives also the releases of the barrier.
    pub fn new(messages: Messages) -> (HostInput, Receiver<()>) {
        let (target, targets) = mpsc::channel();
        let (pieces, data) = mpsc::sync_channel(INPUT_PIECES);
        let (done, goodbye) = mpsc::channel();
        let (release, released) = mpsc::channel();
        thread::spawn(move || read(messages, &pieces, &release, &done));
        thread::spawn(move || write(&data, &targets));
        (HostInput { target, goodbye }, released)
    }

    /// Names the command's standard input; none drops the input.
    pub fn forward_to(&self, stdin: Option<ChildStdin>) {
        // The receiver ends only together with the guest.
        let _ = self.target.send(stdin);
    }

    /// Waits until the host has received everything. There is no limit: the host ends a guest that it does
    /// not hear, and it may be writing a lot of output to a slow pipe.
    pub fn wait_for_goodbye(&self) -> Result<()> {
        self.goodbye.recv().context("the host sent no goodbye")
    }
}

/// Dispatches the messages; an empty piece ends the input.
fn read(
    mut messages: Messages,
    pieces: &SyncSender<Vec<u8>>,
    release: &Sender<()>,
    done: &Sender<()>,
) {
    loop {
        // A receiver has ended only when the guest is about to power off.
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
        // A command that does not read its input loses it.
        let open = stdin
            .as_mut()
            .is_some_and(|stdin| stdin.write_all(&piece).is_ok());
        if piece.is_empty() || !open {
            stdin = None;
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What the host sends after the job: the command's standard input, and the goodbye.

use std::cell::OnceCell;
use std::io::Write;
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use wire::Message;

use crate::channel::Messages;
use crate::power;

/// How long the host may take to say goodbye; it may be writing a lot of output to a slow pipe.
const GOODBYE: Duration = Duration::from_secs(60);

/// The thread that reads the channel.
pub struct Input {
    target: Sender<Option<ChildStdin>>,
    goodbye: Receiver<()>,
}

impl From<Messages> for Input {
    fn from(messages: Messages) -> Self {
        let (target, targets) = mpsc::channel();
        let (done, goodbye) = mpsc::channel();
        thread::spawn(move || read(messages, &targets, &done));
        Input { target, goodbye }
    }
}

impl Input {
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

fn read(mut messages: Messages, targets: &Receiver<Option<ChildStdin>>, done: &Sender<()>) {
    // Unset until the command runs; then its standard input until that is closed.
    let mut stdin: OnceCell<Option<ChildStdin>> = OnceCell::new();
    loop {
        match wire::read(&mut messages) {
            Ok(Message::Stdin(data)) => {
                stdin.get_or_init(|| targets.recv().ok().flatten());
                if let Some(Some(open)) = stdin.get_mut() {
                    // A command that does not read its input is not in the way.
                    if open.write_all(&data).is_err() {
                        stdin = OnceCell::from(None);
                    }
                }
            }
            Ok(Message::StdinEnd) => {
                stdin.get_or_init(|| targets.recv().ok().flatten());
                stdin = OnceCell::from(None);
            }
            Ok(Message::Goodbye) => {
                // Nobody waits only when the guest gave up already.
                let _ = done.send(());
            }
            Ok(other) => eprintln!("guest: the host sent {other:?} while the command ran"),
            Err(error) => {
                eprintln!("guest: input: {error}");
                return power::off();
            }
        }
    }
}

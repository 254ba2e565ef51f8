// SPDX-License-Identifier: GPL-2.0

//! Barriers: the guest waits until the host has prepared the command, and all guests of its group have arrived.
//!
//! The command arrives by running `barrier`, which is this program under another name and asks the first
//! process over a socket.

use std::io::{self, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process::ExitCode;
use std::sync::mpsc::Receiver;
use std::thread;

use anyhow::{Context, Result};
use wire::{Message, Note};

use crate::channel::Channel;

/// The name under which this program is `barrier`.
pub const NAME: &str = "barrier";

fn address() -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name("slowpath-barrier")
}

pub struct Barrier {
    channel: Channel,
    released: Receiver<()>,
}

impl Barrier {
    pub fn new(channel: &Channel, released: Receiver<()>) -> Barrier {
        let channel = channel.clone();
        Barrier { channel, released }
    }

    /// Arrives, and waits for the host.
    pub fn wait(&self) -> Result<()> {
        self.channel.send(&Message::Note(Note::Barrier))?;
        self.released.recv().context("no release")
    }

    /// Serves the processes of the command, one after another, in a thread of its own.
    pub fn serve(self) -> Result<()> {
        let listener = UnixListener::bind_addr(&address()?).context("the barrier's socket")?;
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if let Err(error) = self.wait() {
                    eprintln!("guest: barrier: {error:#}");
                    return;
                }
                // The process may have been killed meanwhile.
                let _ = stream.write_all(b".");
            }
        });
        Ok(())
    }
}

/// The command `barrier`: returns when all guests have arrived.
pub fn arrive() -> ExitCode {
    let released = address()
        .and_then(|address| UnixStream::connect_addr(&address))
        .and_then(|mut stream| stream.read_exact(&mut [0]));
    match released {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "barrier: cannot reach the guest's first process: {error}. Try: `vm run --guests K`, in \
                 whose guests it waits for the others"
            );
            ExitCode::FAILURE
        }
    }
}

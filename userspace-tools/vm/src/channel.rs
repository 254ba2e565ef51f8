// SPDX-License-Identifier: GPL-2.0

//! The host's ends of QEMU's sockets: we listen before QEMU starts, so it finds us there.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;

use anyhow::{Context, Result};
use wire::{Job, Message, WireError};

use crate::event::Event;
use crate::qmp;

/// Where QEMU connects to.
pub struct Endpoint {
    path: PathBuf,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // Frees a thread that still waits for a QEMU that never came.
        let _ = UnixStream::connect(&self.path);
    }
}

/// What to send over the channel, in this order; the goodbye waits for its turn.
pub struct Script {
    /// The job.
    pub job: Job,
    /// The command's standard input.
    pub stdin: Option<File>,
    /// Says when the hello was good, then when everything arrived.
    pub cues: Receiver<()>,
}

/// Listens for the control monitor.
pub fn serve_qmp(folder: &Path, events: SyncSender<Event>) -> Result<Endpoint> {
    serve(&folder.join("qmp"), move |stream| {
        let reason = qmp::talk(stream, &events)
            .err()
            .map(|error| format!("{error:#}"));
        let _ = events.send(Event::QmpLost(reason));
    })
}

/// Listens for the guest's port.
pub fn serve_guest(folder: &Path, script: Script, events: SyncSender<Event>) -> Result<Endpoint> {
    serve(&folder.join(crate::qemu::PORT_ID), move |stream| {
        match stream.try_clone() {
            Ok(writer) => drop(thread::spawn(move || write(writer, script))),
            Err(error) => return drop(events.send(Event::ChannelLost(error.into()))),
        }
        read(stream, &events);
    })
}

fn serve(path: &Path, talk: impl FnOnce(UnixStream) + Send + 'static) -> Result<Endpoint> {
    let listener = UnixListener::bind(path).with_context(|| path.display().to_string())?;
    thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            talk(stream);
        }
    });
    Ok(Endpoint {
        path: path.to_owned(),
    })
}

fn read(stream: UnixStream, events: &SyncSender<Event>) {
    let mut stream = BufReader::with_capacity(2 * wire::MAX_DATA, stream);
    loop {
        let event = match wire::read(&mut stream) {
            Ok(message) => Event::Message(message),
            Err(error) => Event::ChannelLost(error),
        };
        let last = matches!(event, Event::ChannelLost(_));
        if events.send(event).is_err() || last {
            return;
        }
    }
}

/// A write that fails needs no report here: the reader sees the same channel end.
fn write(mut stream: UnixStream, script: Script) {
    let _ = follow(&mut stream, script);
}

fn follow(stream: &mut UnixStream, script: Script) -> Result<(), WireError> {
    let cue = || script.cues.recv().map_err(|_| WireError::Closed);
    cue()?;
    wire::write(stream, &Message::Job(script.job))?;
    if let Some(mut file) = script.stdin {
        let mut piece = vec![0; wire::MAX_DATA];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                length => wire::write(stream, &Message::Stdin(piece[..length].to_vec()))?,
            }
        }
        wire::write(stream, &Message::StdinEnd)?;
    }
    cue()?;
    wire::write(stream, &Message::Goodbye)
}

// SPDX-License-Identifier: GPL-2.0

//! Host ends of QEMU's sockets. `vm` listens before QEMU starts, so QEMU finds it there.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;

use anyhow::{Context, Result};
use wire::{Message, RunRequest, WireError};

use super::event::{Event, EventSender};
use super::qmp;

pub struct Endpoint {
    path: PathBuf,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // Frees a thread that still waits for a QEMU that never came.
        let _ = UnixStream::connect(&self.path);
    }
}

/// What goes out over the channel, each item when it is due.
pub struct Outbox {
    pub request: RunRequest,
    pub stdin: Option<File>,
    pub due: Receiver<Due>,
}

pub enum Due {
    Request,
    /// A line of the command's standard input.
    Line(&'static str),
    /// The end of a wait; the first one is followed by the command's input, if that is a file.
    Release,
    Goodbye,
}

/// Sender's side of an outbox, for the monitor.
pub struct Channel {
    due: Sender<Due>,
    requested: bool,
}

impl Channel {
    pub fn new(due: Sender<Due>) -> Channel {
        let requested = false;
        Channel { due, requested }
    }

    /// Sends; a writer that has ended shows as a lost channel.
    pub fn send(&self, due: Due) {
        let _ = self.due.send(due);
    }

    pub fn send_request(&mut self) {
        if !std::mem::replace(&mut self.requested, true) {
            self.send(Due::Request);
        }
    }
}

pub fn serve_qmp(socket: &Path, events: EventSender) -> Result<Endpoint> {
    serve(socket, move |stream| {
        let error = qmp::serve(stream, &events).err();
        let _ = events.send(Event::QmpLost(error.map(|error| format!("{error:#}"))));
    })
}

/// Listens for the virtio-serial port of a guest's first process.
pub fn serve_guest(socket: &Path, outbox: Outbox, events: EventSender) -> Result<Endpoint> {
    serve(socket, move |stream| {
        match stream.try_clone() {
            // A write that fails needs no report: the reader sees the same channel end.
            Ok(mut writer) => {
                let events = events.clone();
                drop(thread::spawn(move || write(&mut writer, outbox, &events)));
            }
            Err(error) => return drop(events.send(Event::ChannelLost(error.into()))),
        }
        read(stream, &events);
    })
}

fn serve(path: &Path, handle: impl FnOnce(UnixStream) + Send + 'static) -> Result<Endpoint> {
    let listener = UnixListener::bind(path).with_context(|| path.display().to_string())?;
    thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            handle(stream);
        }
    });
    Ok(Endpoint {
        path: path.to_owned(),
    })
}

fn read(stream: UnixStream, events: &EventSender) {
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

fn write(stream: &mut UnixStream, outbox: Outbox, events: &EventSender) -> Result<(), WireError> {
    let (mut request, mut stdin) = (Some(outbox.request), outbox.stdin);
    while let Ok(due) = outbox.due.recv() {
        match due {
            Due::Request => {
                if let Some(request) = request.take() {
                    wire::write(stream, &Message::Run(request))?;
                }
            }
            Due::Line(line) => {
                wire::write(stream, &Message::Stdin(format!("{line}\n").into_bytes()))?;
            }
            Due::Release => {
                wire::write(stream, &Message::Release)?;
                let file = stdin.take();
                file.map_or(Ok(()), |file| write_file(stream, file, events))?;
            }
            Due::Goodbye => return wire::write(stream, &Message::Goodbye),
        }
    }
    Err(WireError::Closed)
}

fn write_file(
    stream: &mut UnixStream,
    mut file: File,
    events: &EventSender,
) -> Result<(), WireError> {
    let mut piece = vec![0; wire::MAX_DATA];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return wire::write(stream, &Message::StdinEnd),
            Ok(length) => wire::write(stream, &Message::Stdin(piece[..length].to_vec()))?,
            Err(error) => {
                // The command would wait for the rest for ever.
                let _ = events.send(Event::InputLost(error.to_string()));
                return Err(WireError::Closed);
            }
        }
    }
}

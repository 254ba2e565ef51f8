// SPDX-License-Identifier: GPL-2.0

//! The host's ends of QEMU's sockets: we listen before QEMU starts, so it finds us there.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::thread;

use anyhow::{Context, Result};
use wire::{Job, Message, WireError};

use crate::event::{Event, Events};
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

/// What to send over the channel, each when its cue comes.
pub struct Script {
    /// The job.
    pub job: Job,
    /// The command's standard input.
    pub stdin: Option<File>,
    /// The cues.
    pub cues: Receiver<Cue>,
}

/// It is time for something.
pub enum Cue {
    /// The hello was good: the job, and its input if that is a file.
    Job,
    /// A line for the command.
    Say(&'static str),
    /// Every guest has arrived at the barrier.
    Release,
    /// Everything arrived.
    Goodbye,
}

/// Listens for the control monitor.
pub fn serve_qmp(socket: &Path, events: Events) -> Result<Endpoint> {
    serve(socket, move |stream| {
        let reason = qmp::talk(stream, &events)
            .err()
            .map(|error| format!("{error:#}"));
        let _ = events.send(Event::QmpLost(reason));
    })
}

/// Listens for the guest's port.
pub fn serve_guest(socket: &Path, script: Script, events: Events) -> Result<Endpoint> {
    serve(socket, move |stream| {
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

fn read(stream: UnixStream, events: &Events) {
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
    let (mut job, mut stdin) = (Some(script.job), script.stdin);
    while let Ok(cue) = script.cues.recv() {
        match cue {
            Cue::Job => {
                if let Some(job) = job.take() {
                    wire::write(stream, &Message::Job(job))?;
                }
                if let Some(mut file) = stdin.take() {
                    send_file(stream, &mut file)?;
                }
            }
            Cue::Say(line) => {
                wire::write(stream, &Message::Stdin(format!("{line}\n").into_bytes()))?;
            }
            Cue::Release => wire::write(stream, &Message::Release)?,
            Cue::Goodbye => return wire::write(stream, &Message::Goodbye),
        }
    }
    Err(WireError::Closed)
}

fn send_file(stream: &mut UnixStream, file: &mut File) -> Result<(), WireError> {
    let mut piece = vec![0; wire::MAX_DATA];
    loop {
        match file.read(&mut piece)? {
            0 => return wire::write(stream, &Message::StdinEnd),
            length => wire::write(stream, &Message::Stdin(piece[..length].to_vec()))?,
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Command of the guest: its streams, its end, and the processes that it leaves.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::process::{wait, Pid, WaitOptions};
use wire::{Message, Note, RunRequest};

use crate::channel::{self, Channel};
use crate::host_input::HostInput;
use crate::limits::STREAM_END;
use crate::power;

pub type Ending = (Option<i32>, Option<i32>);

/// Exit status of a command that does not exist, or cannot be run, as a shell has it.
const NOT_FOUND: i32 = 127;
const NOT_EXECUTABLE: i32 = 126;

const ENVIRONMENT: [(&str, &str); 4] = [
    ("PATH", "/bin:/sbin"),
    ("HOME", "/tmp"),
    ("TERM", "dumb"),
    ("LANG", "C"),
];

/// Runs the command to its end; all of its output is sent when this returns.
pub fn run(channel: &Channel, request: &RunRequest, input: &HostInput) -> Result<Ending> {
    let mut child = match spawn(request) {
        Ok(child) => child,
        Err(error) => return not_started(channel, request, &error),
    };
    channel.send(&Message::Note(Note::Started))?;
    let (done, finished) = mpsc::channel();
    let streams = child.stdout.take().zip(child.stderr.take());
    let (stdout, stderr) = streams.context("a command without output streams")?;
    forward(stdout, channel, Message::Stdout, done.clone());
    forward(stderr, channel, Message::Stderr, done);
    input.forward_to(child.stdin.take());
    let ending = reap_until(&child)?;
    // A process in the background would keep the streams open.
    power::kill_all();
    for _ in 0..2 {
        let end = match request.clock_jumps {
            // The host may be slow to read it.
            true => finished.recv().ok(),
            false => finished.recv_timeout(STREAM_END).ok(),
        };
        end.context("the command's output did not end")?;
    }
    Ok(ending)
}

fn spawn(request: &RunRequest) -> io::Result<Child> {
    let argv = request.argv.split_first();
    let (program, arguments) = argv.ok_or(io::ErrorKind::InvalidInput)?;
    let stdin = match request.stdin {
        true => Stdio::piped(),
        false => Stdio::null(),
    };
    Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(ENVIRONMENT)
        .envs(request.env.iter().map(|(key, value)| (key, value)))
        .current_dir("/tmp")
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn not_started(channel: &Channel, request: &RunRequest, error: &io::Error) -> Result<Ending> {
    let program = request.argv.first().map_or("", String::as_str);
    let (status, hint) = match error.kind() {
        io::ErrorKind::NotFound => (NOT_FOUND, ". Try: a command of the image's /bin"),
        _ => (NOT_EXECUTABLE, ""),
    };
    let error = format!("cannot run `{program}`: {error}{hint}");
    channel.send(&Message::Note(Note::NotStarted(error)))?;
    Ok((Some(status), None))
}

/// Copies one stream to the channel in a thread of its own; `done` reports its end.
fn forward(
    mut stream: impl Read + Send + 'static,
    channel: &Channel,
    message: fn(Vec<u8>) -> Message,
    done: mpsc::Sender<()>,
) {
    let channel = channel.clone();
    thread::spawn(move || {
        channel::set_highest_priority();
        let mut piece = vec![0; wire::MAX_DATA];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => {
                    if let Err(error) = channel.send(&message(piece[..length].to_vec())) {
                        eprintln!("guest: output: {error}");
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    eprintln!("guest: reading the command's output: {error}");
                    break;
                }
            }
        }
        // The receiver has ended only when the guest is about to power off.
        let _ = done.send(());
    });
}

/// Reaps every process that ends, as the first process must, until the command does.
fn reap_until(child: &Child) -> Result<Ending> {
    let command = Pid::from_raw(child.id() as i32);
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if Some(pid) == command => {
                return Ok((status.exit_status(), status.terminating_signal()));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("waiting for the command"),
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The command: its streams to and from the channel, its end, and the orphans it leaves.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::process::{wait, Pid, WaitOptions};
use wire::{Job, Message, Note};

use crate::channel::{self, Channel};
use crate::input::Input;
use crate::power;

/// Exit status and signal: one of them is there.
pub type Ending = (Option<i32>, Option<i32>);

/// What a shell says of a command that is not there, or cannot be run.
const NOT_FOUND: i32 = 127;
const NOT_EXECUTABLE: i32 = 126;

/// How long the streams may stay silent after everything that could write to them was killed.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Runs the command of the job to its end; all of its output is sent when this returns.
pub fn run(channel: &Channel, job: &Job, input: &Input) -> Result<Ending> {
    let mut child = match spawn(job) {
        Ok(child) => child,
        Err(error) => return not_started(channel, job, &error),
    };
    channel.send(&Message::Note(Note::Started {
        uptime_ms: channel::uptime_ms(),
    }))?;
    let (done, finished) = mpsc::channel();
    let stdout = child
        .stdout
        .take()
        .context("the command's standard output")?;
    let stderr = child
        .stderr
        .take()
        .context("the command's standard error")?;
    forward(stdout, channel, Message::Stdout, done.clone());
    forward(stderr, channel, Message::Stderr, done);
    input.goes_to(child.stdin.take());
    let ending = reap_until(&child)?;
    // The job is the command; what it left in the background would keep its streams open.
    power::kill_all();
    for _ in 0..2 {
        finished
            .recv_timeout(LAST_WORDS)
            .context("the command's output did not end")?;
    }
    Ok(ending)
}

fn spawn(job: &Job) -> io::Result<Child> {
    let (program, arguments) = job.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(arguments)
        .env_clear()
        .envs([
            ("PATH", "/bin:/sbin"),
            ("HOME", "/tmp"),
            ("TERM", "dumb"),
            ("LANG", "C"),
        ])
        .envs(job.env.iter().map(|(key, value)| (key, value)))
        .current_dir("/tmp")
        .stdin(if job.stdin {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn not_started(channel: &Channel, job: &Job, error: &io::Error) -> Result<Ending> {
    let program = job.argv.first().map_or("", String::as_str);
    let (status, hint) = match error.kind() {
        io::ErrorKind::NotFound => (NOT_FOUND, "; the image's commands are in /bin"),
        _ => (NOT_EXECUTABLE, ""),
    };
    let error = format!("cannot run `{program}`: {error}{hint}");
    channel.send(&Message::Note(Note::NotStarted { error }))?;
    Ok((Some(status), None))
}

/// Copies one stream to the channel in a thread of its own, and tells when it ended.
fn forward(
    mut stream: impl Read + Send + 'static,
    channel: &Channel,
    message: fn(Vec<u8>) -> Message,
    done: mpsc::Sender<()>,
) {
    let channel = channel.clone();
    thread::spawn(move || {
        channel::urgent();
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
        // The receiver is gone only when the guest is about to power off anyway.
        let _ = done.send(());
    });
}

/// Reaps whatever ends, as the first process must, until it is the command.
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

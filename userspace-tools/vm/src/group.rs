// SPDX-License-Identifier: GPL-2.0

//! `--guests`: several guests at once, each a `vm` of its own.
//!
//! They meet at barriers: before their commands start, and whenever a command runs `barrier`; no guest waits
//! for one whose command has ended. When one guest is lost the others end too, since they would measure
//! something else; for the same reason a guest of a group is not retried.

mod barrier;
mod children;
mod relaunch;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result};
use vm_record::{write_whole, GroupMember, GuestFailure, GROUP_FILE, RECORD_FILE};

use crate::plan::{say, warn, Plan};
use crate::qemu::socket_dir::SocketDir;
use crate::record_dir;
use crate::signals;
pub use barrier::Barrier;
use barrier::{ARRIVED, DONE, GO};
use children::Children;

enum Event {
    Joined(UnixStream),
    Arrived,
    Done,
    Ended(u8),
}

#[derive(Debug, Default)]
struct Member {
    arrived: bool,
    done: bool,
    ended: Option<u8>,
    connection: Option<UnixStream>,
}

/// Runs the guests; gives the exit code of the first that was lost, else the first that is not 0.
pub fn run(plan: &Plan, guests: usize) -> Result<u8> {
    let _owner = record_dir::open(plan)?;
    let children = Children::new()?;
    let folder = SocketDir::new()?;
    let (sender, events) = mpsc::channel();
    let mut members: Vec<Member> = Vec::new();
    for number in 1..=guests {
        let socket = folder.path().join(number.to_string());
        listen(number, &socket, &sender)?;
        let mut child = start(plan, number, &socket)?;
        children.add(&child)?;
        prefix_output(number, &mut child);
        let sender = sender.clone();
        thread::spawn(move || {
            let code = child.wait().map_or(1, exit_code);
            let _ = sender.send((number, Event::Ended(code)));
        });
        members.push(Member::default());
    }
    let mut lost = None;
    while members.iter().any(|member| member.ended.is_none()) {
        let (number, event) = events.recv().context("all guests have ended")?;
        let Some(member) = members.get_mut(number - 1) else {
            continue;
        };
        member.on(event);
        let failure = member.ended.and_then(GuestFailure::from_code);
        if failure.is_some() && lost.is_none() && children.signal().is_none() {
            warn(&format!("guest {number} is lost; ending the others"));
            lost = failure;
            children.end();
        }
        release(&mut members);
    }
    let mut codes = members.iter().filter_map(|member| member.ended);
    let code = match (children.signal(), lost) {
        (Some(signal), _) => signals::exit_code(signal),
        (None, Some(failure)) => failure.code(),
        (None, None) => codes.find(|code| *code != 0).unwrap_or(0),
    };
    let members = report(plan, &members);
    Ok(record_dir::written(plan, code, |folder| {
        let text = serde_json::to_string_pretty(&members)?;
        write_whole(&folder.join(GROUP_FILE), &text)
    }))
}

fn exit_code(status: ExitStatus) -> u8 {
    let signaled = || signals::exit_code(status.signal().unwrap_or_default());
    status.code().map_or_else(signaled, |code| code as u8)
}

impl Member {
    fn on(&mut self, event: Event) {
        match event {
            Event::Joined(connection) => self.connection = Some(connection),
            Event::Arrived => self.arrived = true,
            Event::Done => self.done = true,
            Event::Ended(code) => self.ended = Some(code),
        }
    }
}

/// Releases the barrier when all guests that can arrive have arrived.
fn release(members: &mut [Member]) {
    let can_arrive = |member: &&Member| !member.done && member.ended.is_none();
    if !members
        .iter()
        .filter(can_arrive)
        .all(|member| member.arrived)
    {
        return;
    }
    for member in members.iter_mut().filter(|member| member.arrived) {
        member.arrived = false;
        if let Some(connection) = &mut member.connection {
            // One that has ended is about to be counted as such.
            let _ = writeln!(connection, "{GO}");
        }
    }
}

/// The folder of a guest's record: the first guest's is that of the run.
fn record(plan: &Plan, number: usize) -> Option<PathBuf> {
    let folder = plan.options.record.as_ref()?;
    Some(match number {
        1 => folder.clone(),
        _ => folder.join(format!("guest-{number}")),
    })
}

fn start(plan: &Plan, number: usize, socket: &Path) -> Result<Child> {
    let own: Vec<String> = std::env::args().skip(1).collect();
    let mut with = vec!["--barrier".to_owned(), socket.display().to_string()];
    let folder = record(plan, number);
    if let Some(folder) = &folder {
        with.extend(["--record".into(), folder.display().to_string()]);
    }
    let arguments = relaunch::arguments(&own, &with);
    let mut command = relaunch::command(&arguments)?;
    match folder {
        _ if number == 1 => &mut command,
        Some(folder) => {
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            let output = File::create(folder.join("output"))?;
            command.stdout(output.try_clone()?).stderr(output)
        }
        None => command.stdout(Stdio::piped()).stderr(Stdio::piped()),
    };
    let child = command.spawn();
    child.context("cannot run setpriv, which is part of the toolbox")
}

/// Prints the output of a guest without a file for it, each line with the guest's number.
fn prefix_output(number: usize, child: &mut Child) {
    type Stream = Box<dyn Read + Send>;
    let stdout = child.stdout.take().map(|it| Box::new(it) as Stream);
    let stderr = child.stderr.take().map(|it| Box::new(it) as Stream);
    for stream in stdout.into_iter().chain(stderr) {
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                say(&format!("guest {number}: {line}"));
            }
        });
    }
}

fn listen(number: usize, socket: &Path, sender: &Sender<(usize, Event)>) -> Result<()> {
    let listener = UnixListener::bind(socket).with_context(|| socket.display().to_string())?;
    let sender = sender.clone();
    thread::spawn(move || {
        let send = |event| drop(sender.send((number, event)));
        // More than one connection only where `--tier auto` probes KVM first.
        for stream in listener.incoming().flatten() {
            let Ok(connection) = stream.try_clone() else {
                return;
            };
            send(Event::Joined(connection));
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                match line.as_str() {
                    ARRIVED => send(Event::Arrived),
                    DONE => send(Event::Done),
                    _ => {}
                }
            }
        }
    });
    Ok(())
}

/// Prints how each guest ended, and gives it for the record.
fn report(plan: &Plan, members: &[Member]) -> Vec<GroupMember> {
    let of = |(guest, member): (usize, &Member)| {
        let exit_code = member.ended.unwrap_or_default();
        plan.info(&format!("guest {guest}: exit code {exit_code}"));
        GroupMember {
            guest,
            exit_code,
            record: record(plan, guest).unwrap_or_default().join(RECORD_FILE),
        }
    };
    (1..).zip(members).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(count: usize) -> (Vec<Member>, Vec<BufReader<UnixStream>>) {
        let pairs = (0..count).map(|_| UnixStream::pair().expect("a socket pair"));
        let (ours, theirs): (Vec<_>, Vec<_>) = pairs.unzip();
        let members = ours.into_iter().map(|connection| Member {
            connection: Some(connection),
            ..Member::default()
        });
        let theirs = theirs.into_iter().map(BufReader::new);
        (members.collect(), theirs.collect())
    }

    fn is_released(connection: &mut BufReader<UnixStream>) -> bool {
        let mut text = String::new();
        let socket = connection.get_ref();
        socket.set_nonblocking(true).expect("a socket");
        connection.read_line(&mut text).is_ok() && text.trim() == GO
    }

    #[test]
    fn barrier_is_released_once_all_guests_have_arrived() {
        let (mut members, mut guests) = members(2);
        members[0].on(Event::Arrived);
        release(&mut members);
        assert!(!is_released(&mut guests[0]));
        members[1].on(Event::Arrived);
        release(&mut members);
        assert!(is_released(&mut guests[0]) && is_released(&mut guests[1]));
        release(&mut members);
        assert!(!is_released(&mut guests[0]), "released only once");
    }

    #[test]
    fn barrier_does_not_wait_for_guests_that_have_ended() {
        for event in [Event::Done, Event::Ended(245)] {
            let (mut members, mut guests) = members(2);
            members[0].on(Event::Arrived);
            members[1].on(event);
            release(&mut members);
            assert!(is_released(&mut guests[0]));
        }
    }
}

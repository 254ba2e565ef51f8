// SPDX-License-Identifier: GPL-2.0

//! `--guests`: several guests that compete at the same moment.
//!
//! Each is a run of its own. They meet at barriers: before their commands start, and whenever a command
//! runs `barrier`; a guest whose command has ended is not waited for. When one is lost the others end
//! too, since what they would measure is not what was asked for, and for the same reason a guest of a
//! group is not started again.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result};
use vm_record::{GroupMember, GuestFailure, GROUP_FILE, RECORD_FILE};

use crate::barrier::{ARRIVED, DONE, GO};
use crate::children::{self, Children};
use crate::folder::Folder;
use crate::oneself;
use crate::plan::Plan;

/// Something happened to a guest.
enum Said {
    Joined(usize, UnixStream),
    Arrived(usize),
    Done(usize),
    Ended(usize, u8),
}

/// Where a guest stands.
#[derive(Debug, Default)]
struct Member {
    arrived: bool,
    done: bool,
    ended: Option<u8>,
    line: Option<UnixStream>,
}

/// Runs so many guests; gives the code of the first that was lost, else the first that is not 0.
pub fn run(plan: &Plan, guests: usize) -> Result<u8> {
    let children = Children::watch()?;
    let folder = Folder::new()?;
    let (tell, said) = mpsc::channel();
    let mut members: Vec<Member> = Vec::new();
    for number in 1..=guests {
        let socket = folder.path().join(number.to_string());
        listen(number, &socket, &tell)?;
        let mut child = start(plan, number, &socket)?;
        children.add(&child)?;
        prefix_output(number, &mut child);
        let tell = tell.clone();
        thread::spawn(move || {
            let code = child.wait().map_or(1, children::code);
            let _ = tell.send(Said::Ended(number, code));
        });
        members.push(Member::default());
    }
    let mut lost = None;
    while members.iter().any(|member| member.ended.is_none()) {
        let (number, code) = take(&mut members, said.recv().context("no guest is left")?);
        let failed = code.and_then(|code| GuestFailure::from_code(code.into()));
        if failed.is_some() && lost.is_none() && children.signal().is_none() {
            eprintln!("vm: guest {number} is lost; ending the others");
            lost = code;
            children.end();
        }
        release(&mut members);
    }
    finish(plan, &members)?;
    let codes = || members.iter().filter_map(|member| member.ended);
    Ok(match children.signal() {
        Some(signal) => 128 + signal as u8,
        None => lost.unwrap_or_else(|| codes().find(|code| *code != 0).unwrap_or(0)),
    })
}

/// Notes what was said; gives the guest and, if it ended, its code.
fn take(members: &mut [Member], said: Said) -> (usize, Option<u8>) {
    let number = match said {
        Said::Joined(n, _) | Said::Arrived(n) | Said::Done(n) | Said::Ended(n, _) => n,
    };
    let Some(member) = members.get_mut(number - 1) else {
        return (number, None);
    };
    match said {
        Said::Joined(_, line) => member.line = Some(line),
        Said::Arrived(_) => member.arrived = true,
        Said::Done(_) => member.done = true,
        Said::Ended(_, code) => {
            member.ended = Some(code);
            return (number, member.ended);
        }
    }
    (number, None)
}

/// Lets all go on when all that will come have arrived.
fn release(members: &mut [Member]) {
    let mut waited_for = members
        .iter_mut()
        .filter(|member| !member.done && member.ended.is_none());
    if waited_for.by_ref().all(|member| member.arrived) {
        for member in members.iter_mut().filter(|member| member.arrived) {
            member.arrived = false;
            if let Some(line) = &mut member.line {
                // One that is gone is about to be counted as ended.
                let _ = writeln!(line, "{GO}");
            }
        }
    }
}

/// Where a guest's record goes: the first is the one that is looked at.
fn record(plan: &Plan, number: usize) -> Option<PathBuf> {
    let folder = plan.asked.record.as_ref()?;
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
    let mut command = oneself::command(&oneself::words(&own, &["--guests", "--record"], &with))?;
    match folder.filter(|_| number > 1) {
        _ if number == 1 => &mut command,
        Some(folder) => {
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            let output = File::create(folder.join("output"))?;
            command.stdout(output.try_clone()?).stderr(output)
        }
        None => command.stdout(Stdio::piped()).stderr(Stdio::piped()),
    };
    command
        .spawn()
        .context("cannot run setpriv; it is part of the toolbox")
}

/// Shows what a guest without a place for its output prints.
fn prefix_output(number: usize, child: &mut Child) {
    let stdout = child
        .stdout
        .take()
        .map(|it| Box::new(it) as Box<dyn Read + Send>);
    let stderr = child
        .stderr
        .take()
        .map(|it| Box::new(it) as Box<dyn Read + Send>);
    for stream in stdout.into_iter().chain(stderr) {
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                eprintln!("guest {number}: {line}");
            }
        });
    }
}

fn listen(number: usize, socket: &Path, tell: &Sender<Said>) -> Result<()> {
    let listener = UnixListener::bind(socket).with_context(|| socket.display().to_string())?;
    let tell = tell.clone();
    thread::spawn(move || {
        // More than one connection only where `--tier auto` tries KVM first.
        for stream in listener.incoming().flatten() {
            let Ok(line) = stream.try_clone() else { return };
            let _ = tell.send(Said::Joined(number, line));
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = tell.send(match line.as_str() {
                    ARRIVED => Said::Arrived(number),
                    DONE => Said::Done(number),
                    _ => continue,
                });
            }
        }
    });
    Ok(())
}

/// Says and writes down what became of each.
fn finish(plan: &Plan, members: &[Member]) -> Result<()> {
    let verdicts = (1..).zip(members).map(|(guest, member)| GroupMember {
        guest,
        exit_code: member.ended.unwrap_or_default(),
        record: record(plan, guest).unwrap_or_default().join(RECORD_FILE),
    });
    let verdicts: Vec<GroupMember> = verdicts.collect();
    for GroupMember {
        guest, exit_code, ..
    } in &verdicts
    {
        plan.say(&format!("guest {guest}: exit code {exit_code}"));
    }
    if let Some(folder) = &plan.asked.record {
        let path = folder.join(GROUP_FILE);
        let text = serde_json::to_string_pretty(&verdicts)?;
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(count: usize) -> (Vec<Member>, Vec<BufReader<UnixStream>>) {
        let pairs = (0..count).map(|_| UnixStream::pair().expect("a socket pair"));
        let (ours, theirs): (Vec<_>, Vec<_>) = pairs.unzip();
        let members = ours.into_iter().map(|line| Member {
            line: Some(line),
            ..Member::default()
        });
        (
            members.collect(),
            theirs.into_iter().map(BufReader::new).collect(),
        )
    }

    fn go(line: &mut BufReader<UnixStream>) -> bool {
        let mut text = String::new();
        line.get_ref().set_nonblocking(true).expect("a socket");
        line.read_line(&mut text).is_ok() && text.trim() == GO
    }

    #[test]
    fn nobody_goes_before_all_have_arrived() {
        let (mut members, mut lines) = members(2);
        take(&mut members, Said::Arrived(1));
        release(&mut members);
        assert!(!go(&mut lines[0]));
        take(&mut members, Said::Arrived(2));
        release(&mut members);
        assert!(go(&mut lines[0]) && go(&mut lines[1]));
        release(&mut members);
        assert!(!go(&mut lines[0]), "each barrier is released once");
    }

    #[test]
    fn who_will_not_come_is_not_waited_for() {
        for gone in [Said::Done(2), Said::Ended(2, 245)] {
            let (mut members, mut lines) = members(2);
            take(&mut members, Said::Arrived(1));
            take(&mut members, gone);
            release(&mut members);
            assert!(go(&mut lines[0]));
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What is known of the L1 hypervisor of the nested tier while a guest is watched.

use std::fs::File;
use std::io::Write;
use std::sync::mpsc::Sender;
use std::time::Instant;

use vm_record::{FindingKind, L1Report, VcpuReport};
use wire::{Exit, Hello, Message, Note};

use crate::channel::Cue;
use crate::console::Console;
use crate::event::Event;
use crate::plan::{Files, Plan};

/// The state of an L1 hypervisor.
pub struct L1<'a> {
    plan: &'a Plan,
    /// What goes into the record.
    pub account: L1Report,
    /// Why it ended, by QMP.
    pub shutdown: Option<String>,
    cues: Sender<Cue>,
    start: Instant,
    console: Console,
    log: Option<File>,
    line: Vec<u8>,
    cued: bool,
    refused: Option<String>,
}

/// What an event of L1 means for the guest.
pub enum Means {
    /// Nothing.
    Nothing,
    /// Its QEMU's threads are placed, or timed.
    Report(VcpuReport),
    /// Its QEMU ended with this status.
    GuestQemuEnded(String),
    /// It cannot be started.
    NotStarted(String),
    /// Its channel is broken.
    Broken(String),
}

impl<'a> L1<'a> {
    /// An L1 hypervisor whose QEMU was started just now.
    pub fn new(plan: &'a Plan, files: &Files, line: Vec<String>, cues: Sender<Cue>) -> L1<'a> {
        let account = L1Report {
            guest_command_line: line,
            ..L1Report::default()
        };
        L1 {
            plan,
            account,
            shutdown: None,
            cues,
            start: Instant::now(),
            console: Console::new(&files.l1_console),
            // What it says is of help only; without a place to keep it, it is not kept.
            log: File::create(&files.guest_qemu_log).ok(),
            line: Vec::new(),
            cued: false,
            refused: None,
        }
    }

    /// Takes an event.
    pub fn on(&mut self, event: Event, nonce: &str) -> Means {
        match event {
            Event::Vcpus(vcpus) => match hosting::pin(&vcpus, &self.plan.cpus) {
                Ok(map) => {
                    self.account.map = map.iter().map(|it| it.placement().clone()).collect();
                    self.cue_job();
                    Means::Nothing
                }
                Err(error) => Means::NotStarted(format!("{error:#}")),
            },
            Event::Shutdown(reason) => {
                self.shutdown = Some(reason);
                Means::Nothing
            }
            Event::Message(message) => self.on_message(message, nonce),
            Event::ChannelLost(error) => Means::Broken(error.to_string()),
            _ => Means::Nothing,
        }
    }

    fn on_message(&mut self, message: Message, nonce: &str) -> Means {
        match message {
            Message::Hello(hello) => return self.on_hello(hello, nonce),
            Message::Note(Note::ModuleFailed { name, error, log }) => {
                self.refused = Some(format!("{name}: {error}\n  {}", log.join("\n  ")));
            }
            Message::Note(Note::NotStarted { error }) => self.refused = Some(error),
            Message::Note(Note::Started { .. }) => {
                self.account.start_to_guest_qemu_ms = Some(self.ms());
            }
            Message::Stdout(data) => return self.on_line(&data),
            Message::Stderr(data) => {
                if let Some(log) = &mut self.log {
                    let _ = log.write_all(&data);
                }
            }
            Message::Exit(exit) => return self.on_exit(&exit),
            _ => {}
        }
        Means::Nothing
    }

    fn on_hello(&mut self, hello: Hello, nonce: &str) -> Means {
        if hello.version != wire::VERSION || hello.nonce != nonce {
            let (version, theirs) = (hello.version, &hello.nonce);
            return Means::Broken(format!("its hello is protocol {version}, nonce {theirs:?}"));
        }
        let (online, wanted) = (hello.vcpus, self.plan.emulated_cpus);
        if online as usize != wanted {
            return Means::NotStarted(format!("{online} of {wanted} emulated CPUs came up"));
        }
        self.account.start_to_hello_ms = Some(self.ms());
        self.account.hello = Some(hello);
        self.cue_job();
        Means::Nothing
    }

    /// The guest's QEMU starts when the machine listens and each of its CPUs is in its place.
    fn cue_job(&mut self) {
        if !self.cued && self.account.hello.is_some() && !self.account.map.is_empty() {
            self.cued = true;
            let _ = self.cues.send(Cue::Job);
        }
    }

    /// Reports are lines of JSON.
    fn on_line(&mut self, data: &[u8]) -> Means {
        self.line.extend_from_slice(data);
        let Some(end) = self.line.iter().position(|&byte| byte == b'\n') else {
            return Means::Nothing;
        };
        let line: Vec<u8> = self.line.drain(..=end).collect();
        match serde_json::from_slice(&line) {
            Ok(report) => Means::Report(report),
            Err(error) => Means::Broken(format!("its report: {error}")),
        }
    }

    fn on_exit(&mut self, exit: &Exit) -> Means {
        let how = match (exit.status, exit.signal) {
            (Some(status), _) => format!("exit status: {status}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        match self.refused.take() {
            Some(reason) => Means::NotStarted(reason),
            None => Means::GuestQemuEnded(how),
        }
    }

    /// Tells `l1` something.
    pub fn say(&self, line: &'static str) {
        let _ = self.cues.send(Cue::Say(line));
    }

    /// Reads what its console says.
    pub fn follow(&mut self) {
        self.console.follow();
    }

    /// Why it broke, if its kernel says.
    pub fn panic(&self) -> Option<String> {
        let findings = self.console.findings().iter();
        let bad = findings.filter(|finding| finding.kind >= FindingKind::Oops);
        bad.max_by_key(|finding| finding.kind)
            .map(|finding| finding.line.clone())
    }

    /// What goes into the record, and the last lines of its console.
    pub fn close(mut self) -> (L1Report, Vec<String>) {
        self.console.finish();
        self.account.console_findings = self.console.findings().to_vec();
        let tail = self.console.tail(8).into_iter().map(str::to_owned);
        (self.account, tail.collect())
    }

    fn ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }
}

// SPDX-License-Identifier: GPL-2.0

//! L1 hypervisor of a nested guest: its vCPUs are bound here, the guest's inside it by `l1`.

use std::fs::File;
use std::io::Write;
use std::time::Instant;

use hosting::VcpuThread;
use vm_record::{FindingKind, L1Report, VcpuReport};
use wire::{Exit, Hello, Message, Note};

use super::console::Console;
use super::outcome::{module_refusal, SUCCESS};
use crate::plan::{Files, Plan};
use crate::qemu::channel::{Channel, Due};
use crate::qemu::event::Event;

/// How much of its output may be of use in a message: a line or two.
const KEPT_OUTPUT: usize = 1000;

pub struct L1<'a> {
    plan: &'a Plan,
    nonce: String,
    start: Instant,
    channel: Channel,
    report: L1Report,
    /// Why it ended, by QMP.
    pub shutdown: Option<String>,
    pub console: Console,
    /// Output of the guest's QEMU and of `l1`; only an aid, so it may be missing.
    log: Option<File>,
    /// The last [`KEPT_OUTPUT`] bytes of it.
    last_output: Vec<u8>,
    /// A report that has not arrived whole.
    line: Vec<u8>,
    refused: Option<String>,
}

pub enum L1Change {
    /// The guest's vCPU threads are bound, or accounted.
    Report(VcpuReport),
    GuestQemuEnded(String),
    NotStarted(String),
    Broken(String),
}

impl<'a> L1<'a> {
    pub fn new(
        plan: &'a Plan,
        nonce: String,
        start: Instant,
        files: &Files,
        guest_command_line: Vec<String>,
        channel: Channel,
    ) -> L1<'a> {
        let report = L1Report {
            guest_command_line,
            ..L1Report::default()
        };
        L1 {
            plan,
            nonce,
            start,
            channel,
            report,
            shutdown: None,
            console: Console::new(&files.l1_console),
            log: File::create(&files.guest_qemu_log).ok(),
            last_output: Vec::new(),
            line: Vec::new(),
            refused: None,
        }
    }

    pub fn on(&mut self, event: Event) -> Option<L1Change> {
        match event {
            Event::Vcpus(vcpus) => return self.on_vcpus(&vcpus),
            Event::Shutdown(reason) => self.shutdown = Some(reason),
            Event::Message(message) => return self.on_message(message),
            Event::ChannelLost(error) => return Some(L1Change::Broken(error.to_string())),
            _ => {}
        }
        None
    }

    fn on_vcpus(&mut self, vcpus: &[VcpuThread]) -> Option<L1Change> {
        match hosting::pin(vcpus, &self.plan.cpus) {
            Ok(vcpus) => self.report.map = hosting::placements(&vcpus),
            Err(error) => return Some(L1Change::NotStarted(format!("{error:#}"))),
        }
        self.request_if_ready();
        None
    }

    fn on_message(&mut self, message: Message) -> Option<L1Change> {
        match message {
            Message::Hello(hello) => return self.on_hello(hello),
            Message::Note(Note::ModuleFailed { name, error, log }) => {
                self.refused = Some(module_refusal(&name, &error, &log));
            }
            Message::Note(Note::NotStarted(error)) => self.refused = Some(error),
            Message::Note(Note::Barrier) => self.channel.send(Due::Release),
            Message::Note(Note::Started) => {
                self.report.start_to_guest_qemu_ms = Some(self.ms());
            }
            Message::Stdout(data) => return self.on_stdout(&data),
            Message::Stderr(data) => {
                if let Some(log) = &mut self.log {
                    let _ = log.write_all(&data);
                }
                self.last_output.extend_from_slice(&data);
                let excess = self.last_output.len().saturating_sub(KEPT_OUTPUT);
                self.last_output.drain(..excess);
            }
            Message::Exit(exit) => return Some(self.on_exit(&exit)),
            _ => {}
        }
        None
    }

    fn on_hello(&mut self, hello: Hello) -> Option<L1Change> {
        if hello.version != wire::VERSION || hello.nonce != self.nonce {
            let (version, nonce) = (hello.version, &hello.nonce);
            let reason = format!("its hello has protocol {version}, nonce {nonce:?}");
            return Some(L1Change::Broken(reason));
        }
        let (online, wanted) = (hello.vcpus, self.plan.emulated_cpus);
        if online as usize != wanted {
            let reason = format!("{online} of {wanted} emulated CPUs came up");
            return Some(L1Change::NotStarted(reason));
        }
        self.report.start_to_hello_ms = Some(self.ms());
        self.report.hello = Some(hello);
        self.request_if_ready();
        None
    }

    /// The guest's QEMU is requested when L1 listens and each of its vCPUs is bound.
    fn request_if_ready(&mut self) {
        if self.report.hello.is_some() && !self.report.map.is_empty() {
            self.channel.send_request();
        }
    }

    fn on_stdout(&mut self, data: &[u8]) -> Option<L1Change> {
        self.line.extend_from_slice(data);
        let end = self.line.iter().position(|&byte| byte == b'\n')?;
        let line: Vec<u8> = self.line.drain(..=end).collect();
        Some(match serde_json::from_slice(&line) {
            Ok(report) => L1Change::Report(report),
            Err(error) => L1Change::Broken(format!("its report: {error}")),
        })
    }

    fn on_exit(&mut self, exit: &Exit) -> L1Change {
        let status = match (exit.status, exit.signal) {
            (Some(status), _) => format!("exit status: {status}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        match self.refused.take() {
            Some(reason) => L1Change::NotStarted(reason),
            None => L1Change::GuestQemuEnded(with_cause(status, &self.last_output)),
        }
    }

    pub fn send_line(&self, line: &'static str) {
        self.channel.send(Due::Line(line));
    }

    /// The worst oops or panic on its console.
    pub fn oops(&self) -> Option<String> {
        let findings = self.console.findings().iter();
        let bad = findings.filter(|finding| finding.kind >= FindingKind::Oops);
        bad.max_by_key(|finding| finding.kind)
            .map(|finding| finding.line.clone())
    }

    pub fn finish(mut self, lines: usize) -> (L1Report, Vec<String>) {
        let (findings, tail) = self.console.finish(lines);
        self.report.console_findings = findings;
        (self.report, tail)
    }

    fn ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }
}

/// The status of a QEMU that failed, with the last line that it, or `l1`, wrote.
fn with_cause(status: String, output: &[u8]) -> String {
    let output = String::from_utf8_lossy(output);
    match output.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) if status != SUCCESS => format!("{status}: {}", line.trim()),
        _ => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_of_a_qemu_that_failed_names_the_last_line_of_its_output() {
        let output = b"first\nl1: a port did not appear\n\n";
        let failed = || "exit status: 1".to_owned();
        assert_eq!(
            with_cause(failed(), output),
            "exit status: 1: l1: a port did not appear"
        );
        assert_eq!(with_cause(failed(), b""), failed());
        assert_eq!(with_cause(SUCCESS.to_owned(), output), SUCCESS);
    }
}

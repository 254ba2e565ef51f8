// SPDX-License-Identifier: GPL-2.0

//! Guest monitor: takes events until one of them, or a time limit, ends the attempt.
//!
//! Threads that wait for sockets and processes send the events; this one thread decides. [`events`] has what
//! an event of QEMU or a socket changes, [`messages`] what a message of the guest changes, [`milestones`] the
//! time limits, [`vcpu_host`] and [`l1`] the two places of the vCPU threads, [`outcome`] what an ending means.

mod console;
mod events;
mod l1;
mod messages;
mod milestones;
mod outcome;
mod output;
mod vcpu_host;

use std::fs;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use hosting::GuestHost;
use vm_record::{Attempt, Finding, FindingKind, GuestOutcome, Tier, VcpuReport};
use wire::Hello;

use crate::group::Barrier;
use crate::limits::{Limits, REAP, SOCKET_DRAIN, TAIL_LINES, TICK};
use crate::plan::{Files, Plan};
use crate::qemu::channel::Channel;
use crate::qemu::event::Event;
use crate::qemu::process;
use console::Console;
use l1::L1;
use milestones::Milestones;
use outcome::{outcome, Ending};
use output::Output;
use vcpu_host::VcpuHost;

/// Sockets of one virtual machine: its QMP monitor and its channel.
const SOCKETS: u32 = 2;

pub struct Connections {
    pub channel: Channel,
    pub barrier: Barrier,
    /// The local host of its vCPU threads.
    pub host: GuestHost,
    /// Channel and guest command line of the L1 hypervisor, if there is one.
    pub l1: Option<(Channel, Vec<String>)>,
}

pub struct Finished {
    pub record: Attempt,
    /// Whether the guest got as far as its hello.
    pub hello: bool,
    /// Whether output was passed on, so that a retry would pass it on twice.
    pub output_passed_on: bool,
    output: Output,
    /// The last lines of the consoles and of QEMU's log, if they may explain the outcome.
    pub tail: Vec<String>,
}

/// The QEMU that ended, the guest's or the L1 hypervisor's, with its status.
enum Ended {
    GuestQemu(String),
    L1Qemu(String),
}

/// Accounting of the vCPUs' CPU time, which starts once, before the command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Accounting {
    NotStarted,
    /// Its host was asked to start it; the guest waits for that.
    Starting,
    Started,
}

pub struct Monitor<'a> {
    plan: &'a Plan,
    tier: Tier,
    nonce: String,
    limits: Limits,
    start: Instant,
    last_check: Duration,
    milestones: Milestones,
    channel: Channel,
    barrier: Barrier,
    vcpu_host: VcpuHost<'a>,
    console: Console,
    output: Output,
    hello: Option<Hello>,
    modules: Vec<String>,
    report: VcpuReport,
    /// The module or command that could not be loaded or started.
    refused: Option<String>,
    accounting: Accounting,
    /// How the command ended.
    command_ending: Option<Ending>,
    /// Why the guest ended, by QMP.
    shutdown: Option<String>,
    /// The process that ended, and when.
    ended: Option<(Duration, Ended)>,
    /// Sockets that may still deliver events.
    open_sockets: u32,
    /// Whether the process that `vm` started has ended.
    reaped: bool,
}

impl<'a> Monitor<'a> {
    pub fn new(
        plan: &'a Plan,
        tier: Tier,
        nonce: String,
        files: &Files,
        connections: Connections,
    ) -> Monitor<'a> {
        let start = Instant::now();
        let (vcpu_host, machines) = match connections.l1 {
            None => (VcpuHost::Local(connections.host), 1),
            Some((channel, line)) => {
                let l1 = L1::new(plan, nonce.clone(), start, files, line, channel);
                (VcpuHost::L1(Box::new(l1)), 2)
            }
        };
        Monitor {
            plan,
            tier,
            nonce,
            limits: Limits::new(plan, tier),
            start,
            last_check: Duration::ZERO,
            milestones: Milestones::default(),
            channel: connections.channel,
            barrier: connections.barrier,
            vcpu_host,
            console: Console::new(&files.console),
            output: Output::new(plan.holds_output(tier)),
            hello: None,
            modules: Vec::new(),
            report: VcpuReport::default(),
            refused: None,
            accounting: Accounting::NotStarted,
            command_ending: None,
            shutdown: None,
            ended: None,
            open_sockets: machines * SOCKETS,
            reaped: false,
        }
    }

    pub fn run(&mut self, queue: &Receiver<Event>) -> Ending {
        loop {
            let ending = match queue.recv_timeout(TICK) {
                Ok(event) => self.on(event),
                Err(_) => None,
            };
            if let Some(ending) = ending.or_else(|| self.check()) {
                return ending;
            }
        }
    }

    pub fn reap(&mut self, queue: &Receiver<Event>) {
        let killed = Instant::now();
        while !self.reaped && killed.elapsed() < REAP {
            self.reaped = matches!(queue.recv_timeout(TICK), Ok(Event::QemuEnded(_)));
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// What no event reports: console lines, and time that passed.
    fn check(&mut self) -> Option<Ending> {
        let now = self.now();
        if now >= self.last_check + TICK {
            self.last_check = now;
            self.console.follow();
            if let Some(l1) = self.vcpu_host.l1() {
                l1.console.follow();
            }
            if self.console.worst() >= Some(FindingKind::Oops) {
                self.milestones.oops.get_or_insert(now);
            }
            if self.milestones.command_start.is_none() && self.modules.is_empty() {
                self.milestones.boot_stall = self.console.first(FindingKind::Stall);
            }
        }
        if let Some((at, _)) = self.ended {
            if self.open_sockets > 0 && now <= at + SOCKET_DRAIN {
                return None;
            }
            let (_, ended) = self.ended.take()?;
            let ending = self.command_ending.take();
            return Some(ending.unwrap_or_else(|| self.ending(ended)));
        }
        match self.milestones.command_end {
            Some(at) if now > at + self.limits.power_off => self.command_ending.take(),
            Some(_) => None,
            None => self.milestones.exceeded(&self.limits, now),
        }
    }

    /// The ending of a guest whose process has ended before its command.
    fn ending(&mut self, ended: Ended) -> Ending {
        match (ended, self.vcpu_host.l1()) {
            (Ended::L1Qemu(status), Some(l1)) => match l1.oops() {
                Some(line) => Ending::L1Oops(line),
                None => Ending::L1Ended(l1.shutdown.clone(), status),
            },
            (Ended::L1Qemu(status) | Ended::GuestQemu(status), _) => {
                Ending::QemuEnded(self.shutdown.clone(), status)
            }
        }
    }

    pub fn finish(
        mut self,
        ending: Ending,
        command_line: Vec<String>,
        qemu_log: &Path,
    ) -> Finished {
        let end = self.now();
        let [lines, l1_lines, log_lines] = TAIL_LINES;
        let (console_findings, mut tail) = self.console.finish(lines);
        let hello = self.hello.is_some();
        let outcome = outcome(ending, &console_findings, hello);
        let l1 = match self.vcpu_host {
            VcpuHost::Local(_) => None,
            VcpuHost::L1(l1) => {
                let (report, lines) = l1.finish(l1_lines);
                tail.extend(lines);
                Some(report)
            }
        };
        tail.extend(process::log_tail(qemu_log, log_lines));
        if !outcome.shows_in_the_log() {
            tail.clear();
        }
        let record = Attempt {
            tier: self.tier,
            command_line,
            l1,
            outcome,
            hello: self.hello,
            modules: self.modules,
            vcpus_report: self.report,
            times: self.milestones.times(end),
            console_findings,
            scheduler: self.console.scheduler(),
        };
        Finished {
            record,
            hello,
            output_passed_on: self.output.passed_on(),
            output: self.output,
            tail,
        }
    }
}

impl Finished {
    /// QEMU drops what it cannot write: a console on a full disk may lack the warning that fails a guest.
    pub fn check_console(&mut self, console: &Path) {
        let probe = console.with_extension("probe");
        let written = fs::write(&probe, [0; 4096]);
        let _ = fs::remove_file(&probe);
        if let (Err(error), true) = (written, self.record.outcome.is_command_exit()) {
            let reason = format!("the console in {}: {error}", console.display());
            self.record.outcome = GuestOutcome::OutputClosed { reason };
        }
    }

    /// Passes on the output that was held, now that no retry follows.
    pub fn pass_output_on(&mut self) {
        if let Err(error) = self.output.pass_on() {
            let reason = error.to_string();
            self.record.outcome = GuestOutcome::OutputClosed { reason };
        }
    }

    /// The first finding on the console, though the command ended by itself.
    pub fn warning(&self) -> Option<&Finding> {
        let mut findings = self.record.console_findings.iter();
        findings.find(|finding| finding.kind > FindingKind::Restart)
    }
}

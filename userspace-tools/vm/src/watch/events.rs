// SPDX-License-Identifier: GPL-2.0

//! What each event changes.

use std::time::Instant;

use hosting::Vcpu;
use vm_record::VcpuReport;
use wire::{Exit, Hello, Message, Note, WireError};

use super::{Gone, Watch};
use crate::channel::Cue;
use crate::event::Event;
use crate::l1::Means;
use crate::mode;
use crate::output::Stream;
use crate::verdict::Ending;

impl Watch<'_> {
    /// Takes an event; some end the attempt.
    pub(super) fn on(&mut self, event: Event, nonce: &str) -> Option<Ending> {
        match event {
            Event::Vcpus(vcpus) => return self.on_vcpus(&vcpus),
            Event::Shutdown(reason) => self.shutdown = Some(reason),
            Event::Stopped(state) if state == "internal-error" => {
                return Some(Ending::KvmFailed("KVM internal error".into()));
            }
            Event::Stopped(_) => {}
            Event::Port(open) if !open && self.hello.is_some() => {
                self.breaks("the guest closed its port".into());
            }
            Event::Port(_) => {}
            Event::QmpLost(reason) => {
                self.open_ends -= 1;
                if let Some(reason) = reason {
                    self.breaks(format!("QMP: {reason}"));
                }
            }
            Event::Message(message) => {
                let ending = self.on_message(message, nonce);
                // Passing output on may have taken long; the guest was not silent meanwhile.
                self.heard = Instant::now();
                return ending;
            }
            Event::ChannelLost(error) => {
                self.open_ends -= 1;
                return self.on_channel_lost(error);
            }
            Event::QemuEnded(status) => self.on_qemu_ended(status.to_string()),
            Event::L1(event) => return self.on_l1(*event, nonce),
            Event::Release => self.cue_release(),
            Event::Signal(signal) => return Some(Ending::Signal(signal)),
        }
        None
    }

    fn on_vcpus(&mut self, vcpus: &[Vcpu]) -> Option<Ending> {
        self.times.qemu_start_to_qmp_ms = Some(self.ms());
        if self.l1.is_some() {
            // These threads are not ours: L1 puts them in their places.
            return None;
        }
        if let Err(error) = self.host.place(vcpus, &self.plan.cpus) {
            return Some(Ending::NotStarted(format!("{error:#}")));
        }
        self.report = self.host.report();
        self.cue_job();
        None
    }

    fn on_qemu_ended(&mut self, status: String) {
        self.reaped = true;
        let gone = match self.l1 {
            Some(_) => Gone::L1(status),
            None => Gone::Qemu(status),
        };
        self.gone.get_or_insert((Instant::now(), gone));
    }

    /// Something happened to the L1 hypervisor.
    fn on_l1(&mut self, event: Event, nonce: &str) -> Option<Ending> {
        if matches!(event, Event::QmpLost(_) | Event::ChannelLost(_)) {
            self.open_ends -= 1;
        }
        match self.l1.as_mut()?.on(event, nonce) {
            Means::Nothing => {}
            Means::Report(report) => self.on_report(report),
            Means::GuestQemuEnded(status) => {
                self.gone
                    .get_or_insert((Instant::now(), Gone::Qemu(status)));
            }
            Means::NotStarted(reason) => {
                return Some(Ending::NotStarted(format!("L1: {reason}")));
            }
            Means::Broken(reason) => self.breaks(format!("L1: {reason}")),
        }
        None
    }

    /// The first report says that the vCPUs are in their places, another how long they ran.
    fn on_report(&mut self, report: VcpuReport) {
        self.report = report;
        self.cue_job();
        if self.exit.is_some() {
            self.cue_goodbye();
        }
    }

    fn breaks(&mut self, reason: String) {
        self.broken.get_or_insert((Instant::now(), reason));
    }

    fn on_channel_lost(&mut self, error: WireError) -> Option<Ending> {
        match error {
            // The end of QEMU looks like this too: see which one it is.
            WireError::Closed | WireError::Truncated | WireError::Io(_) => {
                self.breaks(error.to_string());
                None
            }
            garbage => Some(Ending::ChannelLost(garbage.to_string())),
        }
    }

    fn on_message(&mut self, message: Message, nonce: &str) -> Option<Ending> {
        match message {
            Message::Hello(hello) => self.on_hello(hello, nonce),
            Message::Heartbeat(_) => None,
            Message::Note(note) => {
                self.on_note(note);
                None
            }
            Message::Stdout(data) => self.pass_on(Stream::Out, data),
            Message::Stderr(data) => self.pass_on(Stream::Err, data),
            Message::Exit(exit) => self.on_exit(exit, nonce),
            other => Some(Ending::ChannelLost(format!("the guest sent {other:?}"))),
        }
    }

    fn on_hello(&mut self, hello: Hello, nonce: &str) -> Option<Ending> {
        if hello.version != wire::VERSION {
            return Some(Ending::NotStarted(format!(
                "the image's `guest` speaks protocol {}, this vm {}; next step: `make image`",
                hello.version,
                wire::VERSION
            )));
        }
        if hello.nonce != nonce {
            return Some(Ending::ChannelLost(format!(
                "nonce {:?} is not ours",
                hello.nonce
            )));
        }
        self.times.qemu_start_to_hello_ms = Some(self.ms());
        let mode = self.plan.asked.mode;
        let mismatch = mode.and_then(|mode| mode::mismatch(mode, &hello));
        let (online, wanted) = (hello.vcpus, self.plan.vcpus);
        self.hello = Some(hello);
        if online as usize != wanted {
            return Some(Ending::VcpusMissing(online, wanted));
        }
        if let Some(reason) = mismatch {
            return Some(Ending::WrongMode(reason));
        }
        self.cue_job();
        None
    }

    /// The job goes out when the guest listens and every vCPU is in its place, not before.
    fn cue_job(&mut self) {
        if !self.cued && self.hello.is_some() && !self.report.map.is_empty() {
            self.cued = true;
            // A writer that is gone shows as a lost channel.
            let _ = self.cues.send(Cue::Job);
        }
    }

    fn cue_release(&mut self) {
        let _ = self.cues.send(Cue::Release);
    }

    /// The goodbye goes out when nothing is wanted of the guest any more.
    fn cue_goodbye(&mut self) {
        let _ = self.cues.send(Cue::Goodbye);
    }

    fn on_note(&mut self, note: Note) {
        match note {
            Note::ModuleLoaded { name } => self.modules.push(name),
            Note::ModuleFailed { name, error, log } => {
                self.refused = Some(format!("{name}: {error}\n  {}", log.join("\n  ")));
            }
            Note::Started { .. } => {
                self.times.qemu_start_to_first_command_ms = Some(self.ms());
                self.command = Some(Instant::now());
                match &self.l1 {
                    Some(l1) => l1.say(hosting::STARTED),
                    None => self.host.started(),
                }
                self.plan.say(&self.plan.started_line(self.tier, self.ms()));
            }
            Note::Barrier => {
                if self.barrier.arrived() {
                    self.cue_release();
                }
            }
            Note::NotStarted { error } => self.plan.complain(&error),
        }
    }

    fn pass_on(&mut self, stream: Stream, data: Vec<u8>) -> Option<Ending> {
        let result = self.output.take(stream, data);
        result
            .err()
            .map(|error| Ending::OutputClosed(error.to_string()))
    }

    fn on_exit(&mut self, exit: Exit, nonce: &str) -> Option<Ending> {
        if exit.nonce != nonce {
            return Some(Ending::ChannelLost(format!(
                "an exit with nonce {:?}",
                exit.nonce
            )));
        }
        self.times.qemu_start_to_command_end_ms = Some(self.ms());
        let ending = match self.refused.take() {
            Some(reason) => Ending::ModuleRefused(reason),
            None => Ending::Exit(exit),
        };
        self.barrier.done();
        self.exit = Some((Instant::now(), ending));
        match &self.l1 {
            // Its answer is the report.
            Some(l1) => l1.say(hosting::ENDED),
            None => {
                self.report = self.host.ended();
                self.cue_goodbye();
            }
        }
        None
    }
}

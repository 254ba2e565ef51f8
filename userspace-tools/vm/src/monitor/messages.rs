// SPDX-License-Identifier: GPL-2.0

//! Messages of the guest's first process.

use wire::{Exit, Hello, Message, Note};

use super::outcome::{module_refusal, Ending};
use super::output::Stream;
use super::{Accounting, Monitor};
use crate::mode;
use crate::plan::warn;
use crate::qemu::channel::Due;

impl Monitor<'_> {
    pub(super) fn on_message(&mut self, message: Message) -> Option<Ending> {
        match message {
            Message::Hello(hello) => return self.on_hello(hello),
            Message::Heartbeat => {}
            Message::Note(note) => self.on_note(note),
            Message::Stdout(data) => return self.on_output(Stream::Out, data),
            Message::Stderr(data) => return self.on_output(Stream::Err, data),
            Message::Exit(exit) => return self.on_exit(exit),
            other => return Some(Ending::ChannelLost(format!("the guest sent {other:?}"))),
        }
        None
    }

    fn on_hello(&mut self, hello: Hello) -> Option<Ending> {
        if hello.version != wire::VERSION {
            return Some(Ending::NotStarted(format!(
                "the image's `guest` has protocol {}, this vm {}. Try: `make image`",
                hello.version,
                wire::VERSION
            )));
        }
        if hello.nonce != self.nonce {
            let nonce = hello.nonce;
            return Some(Ending::ChannelLost(format!("unknown nonce {nonce:?}")));
        }
        self.milestones.hello = Some(self.now());
        let mode = self.plan.options.mode;
        let mismatch = mode.and_then(|mode| mode::mismatch(mode, &hello));
        let hypervisor = self.plan.hypervisor(self.tier);
        let mismatch = mode::not_under(hypervisor, &hello).or(mismatch);
        let wrong_sums = hello.wrong_sums.unwrap_or(0);
        let (online, wanted) = (hello.vcpus, self.plan.vcpus);
        self.hello = Some(hello);
        if online as usize != wanted {
            return Some(Ending::VcpusMissing(online, wanted));
        }
        if wrong_sums > 0 {
            return Some(Ending::NotStarted(format!(
                "its vCPUs lose the registers of the FPU: {wrong_sums} of {} sums were wrong",
                2 * wanted
            )));
        }
        if let Some(reason) = mismatch {
            return Some(Ending::WrongMode(reason));
        }
        self.request_if_ready();
        None
    }

    fn on_note(&mut self, note: Note) {
        match note {
            Note::ModuleLoaded(name) => self.modules.push(name),
            Note::ModuleFailed { name, error, log } => {
                self.refused = Some(module_refusal(&name, &error, &log));
            }
            Note::Started => {
                let now = self.now();
                self.milestones.command_start = Some(now);
                let ms = now.as_millis() as u64;
                self.plan.info(&self.plan.started_line(self.tier, ms));
            }
            Note::Barrier => {
                if !self.barrier.arrive() {
                    self.release();
                }
            }
            Note::NotStarted(error) => warn(&error),
        }
    }

    /// Ends a wait of the guest. The first one is before its command: that starts once the hogs run and the
    /// vCPUs are accounted.
    pub(super) fn release(&mut self) {
        if self.accounting == Accounting::Started {
            self.channel.send(Due::Release);
            return;
        }
        self.accounting = Accounting::Starting;
        if let Some(report) = self.vcpu_host.command_starts() {
            self.on_report(report);
        }
    }

    fn on_output(&mut self, stream: Stream, data: Vec<u8>) -> Option<Ending> {
        let error = self.output.take(stream, data).err()?;
        Some(Ending::OutputClosed(error.to_string()))
    }

    fn on_exit(&mut self, exit: Exit) -> Option<Ending> {
        if exit.nonce != self.nonce {
            let nonce = exit.nonce;
            return Some(Ending::ChannelLost(format!("an exit with nonce {nonce:?}")));
        }
        self.milestones.command_end = Some(self.now());
        self.command_ending = Some(match self.refused.take() {
            Some(reason) => Ending::ModuleRefused(reason),
            None => Ending::Exit(exit),
        });
        self.barrier.leave();
        // The goodbye lets the guest power off: not before the host has accounted the vCPUs.
        if let Some(report) = self.vcpu_host.command_ended() {
            self.report = report;
            self.channel.send(Due::Goodbye);
        }
        None
    }
}

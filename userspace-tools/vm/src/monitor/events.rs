// SPDX-License-Identifier: GPL-2.0

//! Events of QEMU, of its sockets, and of the L1 hypervisor.

use hosting::VcpuThread;
use vm_record::VcpuReport;
use wire::WireError;

use super::l1::L1Change;
use super::outcome::Ending;
use super::vcpu_host::VcpuHost;
use super::{Accounting, Ended, Monitor};
use crate::qemu::channel::Due;
use crate::qemu::event::Event;

impl Monitor<'_> {
    /// Takes an event; some end the attempt.
    pub(super) fn on(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::Vcpus(vcpus) => return self.on_vcpus(&vcpus),
            Event::Shutdown(reason) => self.shutdown = Some(reason),
            Event::Stopped(state) if state == "internal-error" => {
                return Some(Ending::KvmFailed("KVM internal error".into()));
            }
            Event::Port(false) if self.hello.is_some() => {
                self.channel_broke("the guest closed its port".into());
            }
            Event::Stopped(_) | Event::Port(_) => {}
            Event::QmpLost(reason) => {
                self.open_sockets -= 1;
                if let Some(reason) = reason {
                    self.channel_broke(format!("QMP: {reason}"));
                }
            }
            Event::Message(message) => {
                let ending = self.on_message(message);
                // Passing output on may have taken long; the guest was not silent meanwhile.
                self.milestones.heard = self.now();
                return ending;
            }
            Event::ChannelLost(error) => {
                self.open_sockets -= 1;
                return self.on_channel_lost(error);
            }
            Event::QemuEnded(status) => self.on_qemu_ended(status.to_string()),
            Event::L1(event) => return self.on_l1(*event),
            Event::Release => self.release(),
            Event::InputLost(reason) => return Some(Ending::InputLost(reason)),
            Event::Signal(signal) => return Some(Ending::Signal(signal)),
        }
        None
    }

    fn on_vcpus(&mut self, vcpus: &[VcpuThread]) -> Option<Ending> {
        self.milestones.qmp = Some(self.now());
        match self.vcpu_host.place(vcpus, &self.plan.cpus) {
            Ok(Some(report)) => self.on_report(report),
            Ok(None) => {}
            Err(error) => return Some(Ending::NotStarted(format!("{error:#}"))),
        }
        None
    }

    /// The first report has the placement of the vCPUs, the second says that their accounting has started, the
    /// last one has their CPU time.
    pub(super) fn on_report(&mut self, report: VcpuReport) {
        self.report = report;
        self.request_if_ready();
        if self.accounting == Accounting::Starting {
            self.accounting = Accounting::Started;
            self.channel.send(Due::Release);
        }
        if self.command_ending.is_some() {
            self.channel.send(Due::Goodbye);
        }
    }

    /// The command is requested when the guest listens and every vCPU is bound, not before.
    pub(super) fn request_if_ready(&mut self) {
        if self.hello.is_some() && !self.report.map.is_empty() {
            self.channel.send_request();
        }
    }

    fn on_qemu_ended(&mut self, status: String) {
        self.reaped = true;
        let ended = match self.vcpu_host {
            VcpuHost::Local(_) => Ended::GuestQemu(status),
            VcpuHost::L1(_) => Ended::L1Qemu(status),
        };
        self.ended.get_or_insert((self.start.elapsed(), ended));
    }

    fn on_l1(&mut self, event: Event) -> Option<Ending> {
        if matches!(event, Event::QmpLost(_) | Event::ChannelLost(_)) {
            self.open_sockets -= 1;
        }
        match self.vcpu_host.l1()?.on(event)? {
            L1Change::Report(report) => self.on_report(report),
            L1Change::GuestQemuEnded(status) => {
                let now = self.now();
                self.ended.get_or_insert((now, Ended::GuestQemu(status)));
            }
            L1Change::NotStarted(reason) => {
                return Some(Ending::NotStarted(format!("L1: {reason}")))
            }
            L1Change::Broken(reason) => self.channel_broke(format!("L1: {reason}")),
        }
        None
    }

    fn channel_broke(&mut self, reason: String) {
        let now = self.now();
        self.milestones.broken.get_or_insert((now, reason));
    }

    fn on_channel_lost(&mut self, error: WireError) -> Option<Ending> {
        match error {
            // The end of QEMU looks like this too: the limit of a broken channel distinguishes them.
            WireError::Closed | WireError::Truncated | WireError::Io(_) => {
                self.channel_broke(error.to_string());
                None
            }
            malformed => Some(Ending::ChannelLost(malformed.to_string())),
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Events of a running guest, sent by the threads that wait for sockets and processes.

use std::process::ExitStatus;
use std::sync::mpsc::{SendError, SyncSender};

use hosting::VcpuThread;
use wire::{Message, WireError};

#[derive(Debug)]
pub enum Event {
    /// QMP answered: these threads are the vCPUs.
    Vcpus(Vec<VcpuThread>),
    /// QMP: the guest ended, for this reason.
    Shutdown(String),
    /// QMP: QEMU stopped the guest by itself and is now in this state.
    Stopped(String),
    /// QMP: the guest opened (or closed) the port.
    Port(bool),
    /// QMP has ended: with this error, or with QEMU.
    QmpLost(Option<String>),
    Message(Message),
    ChannelLost(WireError),
    /// The file of the command's standard input could not be read.
    InputLost(String),
    QemuEnded(ExitStatus),
    /// Every guest of the group has arrived at the barrier.
    Release,
    Signal(i32),
    /// An event of the L1 hypervisor, not of the guest.
    L1(Box<Event>),
}

#[derive(Clone)]
pub struct EventSender {
    queue: SyncSender<Event>,
    l1: bool,
}

impl EventSender {
    /// A sender of the guest's events, or of those of the L1 hypervisor.
    pub fn new(queue: SyncSender<Event>, l1: bool) -> EventSender {
        EventSender { queue, l1 }
    }

    pub fn send(&self, event: Event) -> Result<(), SendError<Event>> {
        self.queue.send(match self.l1 {
            true => Event::L1(Box::new(event)),
            false => event,
        })
    }
}

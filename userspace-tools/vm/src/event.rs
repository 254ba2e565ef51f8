// SPDX-License-Identifier: GPL-2.0

//! A run, as the events that can happen in it.

use std::process::ExitStatus;
use std::sync::mpsc::{SendError, SyncSender};

use hosting::Vcpu;
use wire::{Message, WireError};

/// Something happened; threads that wait send these to the one that decides.
#[derive(Debug)]
pub enum Event {
    /// QMP answered: these threads are the vCPUs.
    Vcpus(Vec<Vcpu>),
    /// QMP: the guest ended, for this reason.
    Shutdown(String),
    /// QMP: QEMU stopped the guest by itself and is now in this state.
    Stopped(String),
    /// QMP: the guest opened (or closed) the port.
    Port(bool),
    /// QMP speaks no more: for this reason, unless QEMU simply ended.
    QmpLost(Option<String>),
    /// The guest said something.
    Message(Message),
    /// The channel carries no more messages.
    ChannelLost(WireError),
    /// The QEMU process is gone.
    QemuEnded(ExitStatus),
    /// Every guest of the group has arrived.
    Release,
    /// Somebody wants us to stop.
    Signal(i32),
    /// It happened not to the guest but to the machine that the guest runs in.
    L1(Box<Event>),
}

/// Where events go.
#[derive(Clone)]
pub struct Events {
    to: SyncSender<Event>,
    l1: bool,
}

impl Events {
    /// Those of the guest.
    pub fn of_guest(to: &SyncSender<Event>) -> Events {
        let (to, l1) = (to.clone(), false);
        Events { to, l1 }
    }

    /// Those of the machine that the guest runs in.
    pub fn of_l1(to: &SyncSender<Event>) -> Events {
        let (to, l1) = (to.clone(), true);
        Events { to, l1 }
    }

    /// Sends one.
    pub fn send(&self, event: Event) -> Result<(), SendError<Event>> {
        self.to.send(match self.l1 {
            true => Event::L1(Box::new(event)),
            false => event,
        })
    }
}

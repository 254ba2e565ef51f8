// SPDX-License-Identifier: GPL-2.0

//! A run, as the events that can happen in it.

use std::process::ExitStatus;

use wire::{Message, WireError};

use crate::qmp::Vcpu;

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
    /// Somebody wants us to stop.
    Signal(i32),
}

// SPDX-License-Identifier: GPL-2.0

//! One attempt: listens at the sockets, starts QEMU, monitors the guest, kills QEMU.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::Result;
use hosting::{GuestHost, PORT_EXIT_DELAY};
use vm_record::Tier;
use wire::RunRequest;

use super::request;
use super::signals::SignalHandler;
use crate::group::Barrier;
use crate::limits::EVENT_QUEUE;
use crate::machine::{self, sockets};
use crate::monitor::{Connections, Finished, Monitor};
use crate::plan::Plan;
use crate::qemu::channel::{self, Channel, Endpoint, Outbox};
use crate::qemu::event::EventSender;
use crate::qemu::process::Qemu;
use crate::qemu::socket_dir::SocketDir;

pub fn run(plan: &Plan, tier: Tier, signals: &SignalHandler) -> Result<Finished> {
    let folder = SocketDir::new()?;
    let files = plan.files(folder.path());
    let nonce = request::nonce()?;
    let lines = machine::command_lines(plan, tier, folder.path(), &nonce);
    let (events, queue) = mpsc::sync_channel(EVENT_QUEUE);
    let monitor_socket = match tier {
        Tier::Nested => sockets::GUEST_MONITOR,
        Tier::Kvm | Tier::Tcg | Tier::Count | Tier::Xen | Tier::Sim => sockets::MONITOR,
    };
    let (channel, _guest) = serve(
        [monitor_socket, sockets::GUEST].map(|name| folder.path().join(name)),
        request::of_guest(plan, tier, &nonce),
        plan.open_stdin()?,
        EventSender::new(events.clone(), false),
    )?;
    let serve_l1 = |line: &Vec<String>| {
        serve(
            [sockets::MONITOR, sockets::L1].map(|name| folder.path().join(name)),
            request::of_l1(plan, &nonce, line)?,
            None,
            EventSender::new(events.clone(), true),
        )
    };
    let (l1, _l1) = lines.l1.as_ref().map(serve_l1).transpose()?.unzip();
    let connections = Connections {
        channel,
        barrier: Barrier::join(plan.options.barrier.as_deref(), &events)?,
        host: local_host(plan, tier, folder.path())?,
        l1: l1.zip(lines.l1),
    };
    let mut monitor = Monitor::new(plan, tier, nonce.clone(), &files, connections);
    let qemu = Qemu::start(&lines.host, &files.qemu_log, events.clone())?;
    signals.set_attempt(&qemu, &events, folder.path().to_owned());
    let ending = monitor.run(&queue);
    qemu.kill();
    monitor.reap(&queue);
    let mut finished = monitor.finish(ending, lines.host, &files.qemu_log);
    if plan.options.record.is_none() {
        // A record is longer than the page that this writes, and fails to be written likewise.
        finished.check_console(&files.console);
    }
    Ok(finished)
}

/// The host of the vCPU threads on this machine; idle if they run in L1.
fn local_host(plan: &Plan, tier: Tier, folder: &Path) -> Result<GuestHost> {
    if tier == Tier::Nested {
        return Ok(GuestHost::default());
    }
    let socket = folder.join(sockets::PREEMPT);
    let preempt = plan.options.preempt.map(|_| socket.as_path());
    let host = GuestHost::new(plan.options.hog.clone(), preempt, PORT_EXIT_DELAY)?;
    let host = host.with_slice(plan.options.slice_us);
    Ok(host.with_kvm(tier == Tier::Kvm))
}

/// Listens at the monitor and the channel of a virtual machine, whose first process gets this request.
fn serve(
    [monitor, port]: [PathBuf; 2],
    request: RunRequest,
    stdin: Option<File>,
    events: EventSender,
) -> Result<(Channel, [Endpoint; 2])> {
    let (sender, due) = mpsc::channel();
    let outbox = Outbox {
        request,
        stdin,
        due,
    };
    let endpoints = [
        channel::serve_qmp(&monitor, events.clone())?,
        channel::serve_guest(&port, outbox, events)?,
    ];
    Ok((Channel::new(sender), endpoints))
}

// SPDX-License-Identifier: GPL-2.0

//! One attempt: start QEMU, take events as they come until one of them ends it.

use std::path::Path;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::time::Instant;

use anyhow::Result;
use vm_record::{Finding, FindingKind, GuestOutcome, Tier};

use crate::barrier::Barrier;
use crate::channel::{self, Cue, Endpoint, Script};
use crate::console::Console;
use crate::event::{Event, Events};
use crate::folder::Folder;
use crate::l1::L1;
use crate::machines::{self, sockets};
use crate::output::Output;
use crate::plan::{self, Plan};
use crate::process::Qemu;
use crate::signals::Running;
use crate::verdict::Progress;
use crate::watch::{Ties, Watch};

/// An attempt that ended.
#[derive(Debug)]
pub struct Attempt {
    /// What the record has of it.
    pub record: vm_record::Attempt,
    /// How far it came.
    pub progress: Progress,
    /// Output of the command that is held back.
    pub output: Output,
    /// The last lines of the console, or of QEMU's log when there is no console.
    pub tail: Vec<String>,
}

/// Runs one attempt on this tier.
pub fn run(plan: &Plan, tier: Tier, running: &Running) -> Result<Attempt> {
    let folder = Folder::new()?;
    let files = plan.files(folder.path());
    let nonce = plan::nonce()?;
    let machines = machines::of(plan, tier, folder.path(), &nonce);
    let (events, queue) = mpsc::sync_channel(256);
    let (cues, cue) = mpsc::channel();
    let script = Script {
        job: plan.job(&nonce),
        stdin: plan.open_stdin()?,
        cues: cue,
    };
    let _guest = serve_guest(folder.path(), tier, script, &events)?;
    let mut l1 = None;
    if let Some(line) = machines.guest_line {
        let (cues, ends) = serve_l1(plan, folder.path(), &nonce, &line, &events)?;
        l1 = Some((L1::new(plan, &files, line, cues), ends));
    }
    let (l1, _ends) = l1.unzip();
    let ties = Ties {
        cues,
        host: plan.host(tier, folder.path())?,
        barrier: Barrier::join(plan.asked.barrier.as_deref(), &events)?,
        l1,
    };
    let start = Instant::now();
    let qemu = Qemu::start(&machines.line, &files.qemu_log, events.clone())?;
    running.attempt(&qemu, &events, folder.path().to_owned());
    let console = Console::new(&files.console);
    let mut watch = Watch::new(plan, tier, start, console, ties);
    let ending = watch.until_the_end(&queue, &nonce);
    qemu.kill();
    watch.reap(&queue);
    Ok(watch.report(ending, machines.line, &files.qemu_log))
}

/// Listens for the guest's port, and for the monitor of the QEMU that it runs in.
fn serve_guest(
    folder: &Path,
    tier: Tier,
    script: Script,
    events: &SyncSender<Event>,
) -> Result<[Endpoint; 2]> {
    let monitor = match tier {
        Tier::Nested => sockets::GUEST_MONITOR,
        Tier::Kvm | Tier::Tcg => sockets::MONITOR,
    };
    let events = Events::of_guest(events);
    Ok([
        channel::serve_qmp(&folder.join(monitor), events.clone())?,
        channel::serve_guest(&folder.join(sockets::GUEST), script, events)?,
    ])
}

/// The same for the L1 hypervisor; gives also the way to say something to it.
fn serve_l1(
    plan: &Plan,
    folder: &Path,
    nonce: &str,
    guest_line: &[String],
    events: &SyncSender<Event>,
) -> Result<(Sender<Cue>, [Endpoint; 2])> {
    let (cues, cue) = mpsc::channel();
    let script = Script {
        job: plan.l1_job(nonce, guest_line)?,
        stdin: None,
        cues: cue,
    };
    let events = Events::of_l1(events);
    let ends = [
        channel::serve_qmp(&folder.join(sockets::MONITOR), events.clone())?,
        channel::serve_guest(&folder.join(sockets::L1), script, events)?,
    ];
    Ok((cues, ends))
}

impl Attempt {
    /// Passes on what was held of the command's output, now that there is a verdict.
    pub fn let_out(&mut self) {
        if let Err(error) = self.output.pass_on() {
            let reason = error.to_string();
            self.record.outcome = GuestOutcome::OutputClosed { reason };
        }
    }

    /// The first bad line of the console, though the command ended by itself.
    pub fn complaint(&self) -> Option<&Finding> {
        self.record
            .console_findings
            .iter()
            .find(|finding| finding.kind > FindingKind::Restart)
    }
}

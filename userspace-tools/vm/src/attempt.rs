// SPDX-License-Identifier: GPL-2.0

//! One attempt: start QEMU, take events as they come until one of them ends it.

use std::path::Path;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::time::Instant;

use anyhow::Result;
use hosting::Report;
use serde::Serialize;
use wire::Hello;

use crate::barrier::Barrier;
use crate::channel::{self, Cue, Endpoint, Script};
use crate::console::{Console, Finding, Kind};
use crate::event::{Event, Events};
use crate::folder::Folder;
use crate::machines::{self, sockets};
use crate::middle::{Account, Middle};
use crate::output::Output;
use crate::plan::{self, Plan};
use crate::process::Qemu;
use crate::signals::Running;
use crate::tier::Tier;
use crate::verdict::{Outcome, Progress};
use crate::watch::{Ties, Watch};

/// An attempt that ended.
#[derive(Debug, Serialize)]
pub struct Attempt {
    /// What executed the guest.
    pub tier: Tier,
    /// QEMU's command line.
    pub command_line: Vec<String>,
    /// The machine in the middle, in the nested tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle: Option<Account>,
    /// What became of it.
    pub outcome: Outcome,
    /// What the guest said of itself.
    pub hello: Option<Hello>,
    /// Modules that were loaded.
    pub modules: Vec<String>,
    /// What became of the vCPUs' threads.
    #[serde(flatten)]
    pub vcpu_threads: Report,
    /// When what happened.
    pub times: Times,
    /// Bad lines of its console.
    pub console_findings: Vec<Finding>,
    /// How far it came.
    #[serde(skip)]
    pub progress: Progress,
    /// What of the command's output is held back.
    #[serde(skip)]
    pub output: Output,
    /// The last lines of the console, or of QEMU's log when there is no console.
    #[serde(skip)]
    pub tail: Vec<String>,
}

/// Milliseconds since QEMU was started.
#[derive(Debug, Default, Serialize)]
pub struct Times {
    /// To the answer of QMP.
    pub qemu_start_to_qmp_ms: Option<u64>,
    /// To the guest's hello.
    pub qemu_start_to_hello_ms: Option<u64>,
    /// To the start of the command.
    pub qemu_start_to_first_command_ms: Option<u64>,
    /// To its end, with all output here.
    pub qemu_start_to_command_end_ms: Option<u64>,
    /// To the end of QEMU.
    pub qemu_start_to_end_ms: Option<u64>,
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
    let mut middle = None;
    if let Some(line) = machines.guest_line {
        let (cues, ends) = serve_middle(plan, folder.path(), &nonce, &line, &events)?;
        middle = Some((Middle::new(plan, &files, line, cues), ends));
    }
    let (middle, _ends) = middle.unzip();
    let ties = Ties {
        cues,
        host: plan.host(tier, folder.path())?,
        barrier: Barrier::join(plan.asked.barrier.as_deref(), &events)?,
        middle,
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

/// The same for the machine in the middle; gives also the way to say something to it.
fn serve_middle(
    plan: &Plan,
    folder: &Path,
    nonce: &str,
    guest_line: &[String],
    events: &SyncSender<Event>,
) -> Result<(Sender<Cue>, [Endpoint; 2])> {
    let (cues, cue) = mpsc::channel();
    let script = Script {
        job: plan.middle_job(nonce, guest_line)?,
        stdin: None,
        cues: cue,
    };
    let events = Events::of_middle(events);
    let ends = [
        channel::serve_qmp(&folder.join(sockets::MONITOR), events.clone())?,
        channel::serve_guest(&folder.join(sockets::MIDDLE), script, events)?,
    ];
    Ok((cues, ends))
}

impl Attempt {
    /// Passes on what was held of the command's output, now that there is a verdict.
    pub fn let_out(&mut self) {
        if let Err(error) = self.output.pass_on() {
            let reason = error.to_string();
            self.outcome = Outcome::OutputClosed { reason };
        }
    }

    /// The first bad line of the console, though the command ended by itself.
    pub fn complaint(&self) -> Option<&Finding> {
        self.console_findings
            .iter()
            .find(|finding| finding.kind > Kind::Restart)
    }
}

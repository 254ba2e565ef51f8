// SPDX-License-Identifier: GPL-2.0

//! One attempt: start QEMU, take events as they come until one of them ends it.

use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::Serialize;
use wire::Hello;

use crate::channel::{self, Script};
use crate::console::{Console, Finding, Kind};
use crate::pin::Place;
use crate::plan::{self, Plan};
use crate::process::Qemu;
use crate::signals::Running;
use crate::tier::Tier;
use crate::verdict::{Outcome, Progress};
use crate::watch::Watch;

/// An attempt that ended.
#[derive(Debug, Serialize)]
pub struct Attempt {
    /// What executed the guest.
    pub tier: Tier,
    /// QEMU's command line.
    pub command_line: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// What the guest said of itself.
    pub hello: Option<Hello>,
    /// Modules that were loaded.
    pub modules: Vec<String>,
    /// Each vCPU's place.
    pub map: Vec<Place>,
    /// When what happened.
    pub times: Times,
    /// Bad lines of its console.
    pub console_findings: Vec<Finding>,
    /// How far it came.
    #[serde(skip)]
    pub progress: Progress,
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
    let folder = tempfile::Builder::new().prefix("slowpath-vm-").tempdir();
    let folder = folder.context("a private folder for the sockets")?;
    let files = plan.files(folder.path());
    let nonce = plan::nonce()?;
    let command_line = plan
        .machine(tier, folder.path(), &files.console, &nonce)
        .command_line();
    let (events, queue) = mpsc::sync_channel(256);
    let (cues, cue) = mpsc::channel();
    let script = Script {
        job: plan.job(&nonce),
        stdin: plan.open_stdin()?,
        cues: cue,
    };
    let _qmp = channel::serve_qmp(folder.path(), events.clone())?;
    let _guest = channel::serve_guest(folder.path(), script, events.clone())?;
    let start = Instant::now();
    let qemu = Qemu::start(&command_line, &files.qemu_log, events.clone())?;
    running.attempt(&qemu, &events, folder.path().to_owned());
    let mut watch = Watch::new(plan, tier, start, Console::new(&files.console), cues);
    let ending = watch.until_the_end(&queue, &nonce);
    qemu.kill();
    watch.reap(&queue);
    Ok(watch.report(ending, command_line, &files.qemu_log))
}

impl Attempt {
    /// The first bad line of the console, though the command ended by itself.
    pub fn complaint(&self) -> Option<&Finding> {
        self.console_findings
            .iter()
            .find(|finding| finding.kind > Kind::Restart)
    }
}

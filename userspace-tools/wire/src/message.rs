// SPDX-License-Identifier: GPL-2.0

//! Messages of the protocol.

use serde::{Deserialize, Serialize};

/// One message in either direction. Pieces of streams travel as raw bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// Guest: the channel is open.
    Hello(Hello),
    /// Host: what to run.
    Run(RunRequest),
    /// Host: a piece of the command's standard input.
    #[serde(skip)]
    Stdin(Vec<u8>),
    /// Host: the standard input is complete.
    StdinEnd,
    /// Guest: a piece of the command's standard output.
    #[serde(skip)]
    Stdout(Vec<u8>),
    /// Guest: a piece of the command's standard error.
    #[serde(skip)]
    Stderr(Vec<u8>),
    /// Guest: its first process still gets CPU time.
    Heartbeat,
    /// Guest: progress.
    Note(Note),
    /// Guest: the command ended and all of its output was sent.
    Exit(Exit),
    /// Host: every guest has arrived at the barrier.
    Release,
    /// Host: everything arrived; powering off loses nothing.
    Goodbye,
}

/// The guest's first message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol of the guest, see [`crate::VERSION`].
    pub version: u32,
    /// The nonce from its kernel command line: shows that it is the guest of this run.
    pub nonce: String,
    /// Its kernel's release, as `uname -r` prints it.
    pub release: String,
    /// How many vCPUs are online.
    pub vcpus: u32,
    /// Its uptime at this point.
    pub uptime_ms: u64,
    /// Whether CPUID has the hypervisor bit.
    #[serde(default)]
    pub hypervisor: bool,
    /// What its kernel logged about its hypervisor and about paravirt spinlocks.
    #[serde(default)]
    pub lock_log: Vec<String>,
    /// Threads of the FPU's check whose sums were wrong; checked under Xen alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_sums: Option<u32>,
    /// How long its kernel initialised deferred page descriptors at boot, as it logged: of several nodes
    /// the longest. The kernel counts it in ticks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred_init_ms: Option<u64>,
}

/// The command that the guest runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// Repeated in [`Exit`].
    pub nonce: String,
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// Environment variables beside the guest's own few.
    pub env: Vec<(String, String)>,
    /// The modules to load first.
    pub modules: Modules,
    /// Whether `Stdin` frames follow; the command reads nothing otherwise.
    pub stdin: bool,
    /// Whether the guest's clock jumps to the next timer while it waits for the host (tier `count`), so that
    /// it can set the host no time limit.
    #[serde(default)]
    pub clock_jumps: bool,
}

/// Which modules are loaded before the command starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modules {
    /// Every module of the image, by name.
    All,
    /// These, in this order.
    Only(Vec<String>),
}

/// Progress of the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The module of this name, with dashes, was loaded.
    ModuleLoaded(String),
    /// A module was refused; the command does not run.
    ModuleFailed {
        /// Its name, with dashes.
        name: String,
        /// The error's text.
        error: String,
        /// The last lines of the kernel log.
        log: Vec<String>,
    },
    /// It waits: before its command for the host to account its vCPUs, and for the other guests of its group.
    /// `Release` is the answer.
    Barrier,
    /// The command runs.
    Started,
    /// The command could not be started, for this reason; its exit status is 126 or 127.
    NotStarted(String),
}

/// How the command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The nonce of the request.
    pub nonce: String,
    /// Its exit status, unless a signal ended it.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

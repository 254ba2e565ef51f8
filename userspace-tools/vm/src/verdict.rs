// SPDX-License-Identifier: GPL-2.0

//! What became of a guest: from what was last heard and seen to one outcome and its exit code.

use std::{fmt, mem};

use serde::Serialize;

use crate::console::{Finding, Kind};
use crate::tier::Tier;

/// How often a guest that was lost to the emulator is started again.
pub const REPEATS: usize = 2;

/// How the status of a process that ended well is written.
const SUCCESS: &str = "exit status: 0";

/// What ended an attempt, as the events tell it.
#[derive(Debug)]
pub enum Ending {
    /// The command ended and all its output arrived.
    Exit(wire::Exit),
    /// A module was refused, so the command did not run.
    ModuleRefused(String),
    /// No hello, or not the one expected, within this many seconds.
    NoHello(u64),
    /// The guest came up with this many vCPUs instead of that many.
    VcpusMissing(u32, usize),
    /// The guest is not in the mode asked for.
    WrongMode(String),
    /// Nothing heard for this many seconds after the hello.
    Silence(u64),
    /// The command ran longer than it may, in seconds.
    Timeout(u64),
    /// QEMU ended by itself; the reason is QMP's.
    QemuEnded(Option<String>, String),
    /// The machine in the middle broke by itself; the line is its kernel's.
    MiddleBroke(String),
    /// The machine in the middle ended; the reason is QMP's.
    MiddleEnded(Option<String>, String),
    /// The channel broke while QEMU went on.
    ChannelLost(String),
    /// KVM cannot execute this guest.
    KvmFailed(String),
    /// QEMU, or the guest in it, could not be set up as asked.
    NotStarted(String),
    /// An oops, after which the command did not end.
    Stuck,
    /// A signal to `vm`.
    Signal(i32),
    /// Nobody takes the command's output any more.
    OutputClosed(String),
}

/// How far an attempt came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The guest said hello.
    pub hello: bool,
    /// The command's output was passed on: a repetition would pass it on twice.
    pub output: bool,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "class", rename_all = "kebab-case")]
#[allow(missing_docs)] // the message of each says it
pub enum Outcome {
    Exited { status: i32 },
    Signaled { signal: i32 },
    NotStarted { reason: String },
    KvmUnusable { reason: String },
    VcpusMissing { online: u32, wanted: usize },
    WrongMode { reason: String },
    ModuleRefused { reason: String },
    Panicked { line: String },
    Splat { line: String },
    Stalled { line: String },
    HungBeforeInit { seconds: u64 },
    Hung { seconds: u64 },
    ChannelLost { reason: String },
    DiedSilently { reason: String },
    MiddleFailed { reason: String },
    TimedOut { seconds: u64 },
    Interrupted { signal: i32 },
    OutputClosed { reason: String },
}

/// Judges an attempt by its ending and by what its console said.
pub fn judge(ending: Ending, findings: &[Finding], progress: Progress) -> Outcome {
    let find = |kind| findings.iter().find(|found| found.kind == kind);
    let panic = find(Kind::Panic).map(|found| found.line.clone());
    let restart = find(Kind::Restart).is_some();
    let splat = find(Kind::Oops)
        .or(find(Kind::Warning))
        .map(|found| found.line.clone());
    let stall = find(Kind::Stall).map(|found| found.line.clone());
    match (ending, panic, splat) {
        // These are about us, not about the guest.
        (Ending::Signal(signal), ..) => Outcome::Interrupted { signal },
        (Ending::OutputClosed(reason), ..) => Outcome::OutputClosed { reason },
        (Ending::NotStarted(reason), ..) => Outcome::NotStarted { reason },
        (Ending::KvmFailed(reason), ..) => Outcome::KvmUnusable { reason },
        // A panic explains whatever it led to.
        (_, Some(line), _) => Outcome::Panicked { line },
        (Ending::Exit(exit), None, splat) => exited(&exit, splat, stall),
        (Ending::ModuleRefused(reason), ..) => Outcome::ModuleRefused { reason },
        (Ending::Stuck, None, splat) => Outcome::Splat {
            line: splat.unwrap_or_default(),
        },
        (Ending::VcpusMissing(online, wanted), ..) => Outcome::VcpusMissing { online, wanted },
        (Ending::WrongMode(reason), ..) => Outcome::WrongMode { reason },
        (Ending::NoHello(seconds), ..) => Outcome::HungBeforeInit { seconds },
        (Ending::Silence(seconds), ..) => Outcome::Hung { seconds },
        (Ending::Timeout(seconds), ..) => Outcome::TimedOut { seconds },
        (Ending::ChannelLost(reason), ..) => Outcome::ChannelLost { reason },
        (Ending::MiddleBroke(line), ..) => Outcome::MiddleFailed { reason: line },
        (Ending::MiddleEnded(..), None, Some(line)) => Outcome::Splat { line },
        (Ending::MiddleEnded(reason, status), None, None) => {
            middle_ended(reason.as_deref(), status)
        }
        (Ending::QemuEnded(..), None, None) if restart => Outcome::ChannelLost {
            reason: "the guest restarted itself without reporting the command's end".into(),
        },
        (Ending::QemuEnded(reason, status), None, splat) => {
            qemu_ended(reason.as_deref(), status, splat, progress)
        }
    }
}

fn exited(exit: &wire::Exit, splat: Option<String>, stall: Option<String>) -> Outcome {
    match (exit.status, exit.signal, splat, stall) {
        (Some(0), _, Some(line), _) => Outcome::Splat { line },
        (Some(0), _, None, Some(line)) => Outcome::Stalled { line },
        (Some(status), ..) => Outcome::Exited { status },
        (None, Some(signal), ..) => Outcome::Signaled { signal },
        (None, None, ..) => Outcome::ChannelLost {
            reason: "the guest reported neither status nor signal".into(),
        },
    }
}

/// A triple fault of the middle machine takes the guest with it.
fn middle_ended(reason: Option<&str>, status: String) -> Outcome {
    match reason {
        Some("guest-shutdown") => Outcome::MiddleFailed {
            reason: "it powered off while the guest ran".into(),
        },
        Some(reason) => Outcome::DiedSilently {
            reason: format!("QMP says {reason} of the middle machine"),
        },
        None => Outcome::NotStarted {
            reason: format!("QEMU ended with {status}"),
        },
    }
}

fn qemu_ended(
    reason: Option<&str>,
    status: String,
    splat: Option<String>,
    progress: Progress,
) -> Outcome {
    match (reason, splat) {
        // The guest's first process powers off when it cannot talk to us any more.
        (Some("guest-shutdown"), _) => Outcome::ChannelLost {
            reason: "the guest powered off without reporting the command's end".into(),
        },
        (_, Some(line)) => Outcome::Splat { line },
        // A triple fault resets; -no-reboot turns that into the end.
        (Some(reason), None) => Outcome::DiedSilently {
            reason: format!("QMP says {reason}"),
        },
        // A QEMU that could not start would not say that all is well.
        (None, None) if progress.hello || status == SUCCESS => Outcome::DiedSilently {
            reason: format!("QEMU ended with {status}"),
        },
        (None, None) => Outcome::NotStarted {
            reason: format!("QEMU ended with {status}"),
        },
    }
}

impl Outcome {
    /// The exit code that says it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Outcome::Exited { status } => *status as u8,
            Outcome::Signaled { signal } | Outcome::Interrupted { signal } => 128 + *signal as u8,
            Outcome::OutputClosed { .. } => 1,
            Outcome::NotStarted { .. }
            | Outcome::KvmUnusable { .. }
            | Outcome::VcpusMissing { .. } => 240,
            Outcome::Panicked { .. } => 241,
            Outcome::Splat { .. } | Outcome::Stalled { .. } => 242,
            Outcome::HungBeforeInit { .. } | Outcome::Hung { .. } => 243,
            Outcome::ChannelLost { .. } => 244,
            Outcome::DiedSilently { .. } => 245,
            Outcome::TimedOut { .. } => 246,
            Outcome::ModuleRefused { .. } => 247,
            Outcome::MiddleFailed { .. } => 248,
            Outcome::WrongMode { .. } => 249,
        }
    }

    /// How many more attempts are worth while after this one: as many as were lost to the emulator, not
    /// to the load. A guest whose output was passed on is not started again, because that cannot be taken
    /// back. In the nested tier a hang or a stall is the emulator's fault once, then the load's.
    pub fn repeats(&self, tier: Tier, progress: Progress) -> usize {
        let nested = tier == Tier::Nested;
        match self {
            _ if nested && progress.output => 0,
            Outcome::HungBeforeInit { .. } | Outcome::Hung { .. } if nested => 1,
            Outcome::Stalled { .. } if nested => 1,
            Outcome::HungBeforeInit { .. } | Outcome::VcpusMissing { .. } => REPEATS,
            Outcome::MiddleFailed { .. } => REPEATS,
            Outcome::DiedSilently { .. } if !progress.output => REPEATS,
            _ => 0,
        }
    }

    /// Whether another outcome is of the same class.
    pub fn is_like(&self, other: &Outcome) -> bool {
        mem::discriminant(self) == mem::discriminant(other)
    }

    /// Whether this is the command's own end, with nothing to say about the guest.
    pub fn is_the_commands(&self) -> bool {
        matches!(self, Outcome::Exited { .. } | Outcome::Signaled { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Exited { status } => write!(f, "the command exited with status {status}"),
            Outcome::Signaled { signal } => write!(f, "signal {signal} ended the command"),
            Outcome::NotStarted { reason } => write!(f, "the guest could not start: {reason}"),
            Outcome::KvmUnusable { reason } => {
                write!(
                    f,
                    "KVM cannot run this guest: {reason}; next step: --tier tcg"
                )
            }
            Outcome::VcpusMissing { online, wanted } => {
                write!(f, "only {online} of {wanted} vCPUs came up")
            }
            Outcome::WrongMode { reason } => write!(f, "refused: {reason}"),
            Outcome::ModuleRefused { reason } => write!(f, "a module was refused: {reason}"),
            Outcome::Panicked { line } => write!(f, "the guest panicked: {line}"),
            Outcome::Splat { line } | Outcome::Stalled { line } => {
                write!(f, "the guest's kernel complained: {line}")
            }
            Outcome::HungBeforeInit { seconds } => {
                write!(
                    f,
                    "the guest hung before its first process: no hello in {seconds} s"
                )
            }
            Outcome::Hung { seconds } => {
                write!(f, "the guest hung: no heartbeat in {seconds} s")
            }
            Outcome::ChannelLost { reason } => write!(f, "the channel was lost: {reason}"),
            Outcome::DiedSilently { reason } => {
                write!(
                    f,
                    "the guest died without a word (a triple fault does): {reason}"
                )
            }
            Outcome::MiddleFailed { reason } => write!(f, "the middle machine failed: {reason}"),
            Outcome::TimedOut { seconds } => {
                write!(f, "the command ran longer than {seconds} s (--timeout)")
            }
            Outcome::Interrupted { signal } => write!(f, "interrupted by signal {signal}"),
            Outcome::OutputClosed { reason } => write!(f, "cannot pass output on: {reason}"),
        }
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;

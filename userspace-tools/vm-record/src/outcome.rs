// SPDX-License-Identifier: GPL-2.0

//! Outcome of an attempt to run a command in a guest.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{GuestFailure, COMMAND_SIGNALED, OUTPUT_FAILED};

/// How an attempt ended. Schema 1 called some of the classes otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "class", rename_all = "kebab-case")]
#[allow(missing_docs)] // the message of each explains it
pub enum GuestOutcome {
    Exited {
        status: i32,
    },
    Signaled {
        signal: i32,
    },
    NotStarted {
        reason: String,
    },
    KvmUnusable {
        reason: String,
    },
    VcpusMissing {
        online: u32,
        wanted: usize,
    },
    WrongMode {
        reason: String,
    },
    ModuleRefused {
        reason: String,
    },
    Panicked {
        line: String,
    },
    #[serde(alias = "splat")]
    KernelWarning {
        line: String,
    },
    Stalled {
        line: String,
    },
    HungBeforeInit {
        seconds: u64,
    },
    Hung {
        seconds: u64,
    },
    ChannelLost {
        reason: String,
    },
    #[serde(alias = "died-silently")]
    ExitedSilently {
        reason: String,
    },
    #[serde(rename = "l1-failed", alias = "middle-failed")]
    L1Failed {
        reason: String,
    },
    TimedOut {
        seconds: u64,
    },
    Interrupted {
        signal: i32,
    },
    OutputClosed {
        reason: String,
    },
}

impl GuestOutcome {
    /// The failure of the guest that it is; none if the command ended by itself, or `vm` was ended.
    pub fn failure(&self) -> Option<GuestFailure> {
        Some(match self {
            GuestOutcome::NotStarted { .. }
            | GuestOutcome::KvmUnusable { .. }
            | GuestOutcome::VcpusMissing { .. } => GuestFailure::NotStarted,
            GuestOutcome::Panicked { .. } => GuestFailure::Panicked,
            GuestOutcome::KernelWarning { .. } | GuestOutcome::Stalled { .. } => {
                GuestFailure::KernelWarning
            }
            GuestOutcome::HungBeforeInit { .. } | GuestOutcome::Hung { .. } => GuestFailure::Hung,
            GuestOutcome::ChannelLost { .. } => GuestFailure::ChannelLost,
            GuestOutcome::ExitedSilently { .. } => GuestFailure::ExitedSilently,
            GuestOutcome::TimedOut { .. } => GuestFailure::TimedOut,
            GuestOutcome::ModuleRefused { .. } => GuestFailure::ModuleRefused,
            GuestOutcome::L1Failed { .. } => GuestFailure::L1Failed,
            GuestOutcome::WrongMode { .. } => GuestFailure::WrongMode,
            GuestOutcome::Exited { .. }
            | GuestOutcome::Signaled { .. }
            | GuestOutcome::Interrupted { .. }
            | GuestOutcome::OutputClosed { .. } => return None,
        })
    }

    /// The exit code of `vm`.
    pub fn exit_code(&self) -> u8 {
        match self {
            GuestOutcome::Exited { status } => *status as u8,
            GuestOutcome::Signaled { signal } | GuestOutcome::Interrupted { signal } => {
                COMMAND_SIGNALED + *signal as u8
            }
            _ => self.failure().map_or(OUTPUT_FAILED, GuestFailure::code),
        }
    }

    /// Whether the command ended by itself, and the guest did not fail.
    pub fn is_command_exit(&self) -> bool {
        matches!(
            self,
            GuestOutcome::Exited { .. } | GuestOutcome::Signaled { .. }
        )
    }
}

impl fmt::Display for GuestOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GuestOutcome::Exited { status } => write!(f, "the command exited with status {status}"),
            GuestOutcome::Signaled { signal } => write!(f, "signal {signal} ended the command"),
            GuestOutcome::NotStarted { reason } => write!(f, "the guest could not start: {reason}"),
            GuestOutcome::KvmUnusable { reason } => {
                write!(f, "KVM cannot run this guest: {reason}. Try: --tier tcg")
            }
            GuestOutcome::VcpusMissing { online, wanted } => {
                write!(f, "only {online} of {wanted} vCPUs came up")
            }
            GuestOutcome::WrongMode { reason } => write!(f, "refused: {reason}"),
            GuestOutcome::ModuleRefused { reason } => write!(f, "a module was refused: {reason}"),
            GuestOutcome::Panicked { line } => write!(f, "the guest panicked: {line}"),
            GuestOutcome::KernelWarning { line } | GuestOutcome::Stalled { line } => {
                write!(f, "warning, oops or stall on the guest's console: {line}")
            }
            GuestOutcome::HungBeforeInit { seconds } => {
                write!(
                    f,
                    "the guest hung before its first process: no hello in {seconds} s"
                )
            }
            GuestOutcome::Hung { seconds } => {
                write!(f, "the guest hung: no heartbeat in {seconds} s")
            }
            GuestOutcome::ChannelLost { reason } => write!(f, "the channel was lost: {reason}"),
            GuestOutcome::ExitedSilently { reason } => {
                write!(
                    f,
                    "the guest exited without reporting (as after a triple fault): {reason}"
                )
            }
            GuestOutcome::L1Failed { reason } => write!(f, "the L1 hypervisor failed: {reason}"),
            GuestOutcome::TimedOut { seconds } => {
                write!(f, "the command ran longer than {seconds} s (--timeout)")
            }
            GuestOutcome::Interrupted { signal } => write!(f, "interrupted by signal {signal}"),
            GuestOutcome::OutputClosed { reason } => write!(f, "cannot pass output on: {reason}"),
        }
    }
}

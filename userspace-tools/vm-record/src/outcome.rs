// SPDX-License-Identifier: GPL-2.0

//! Outcome of an attempt to run a command in a guest.

use serde::{Deserialize, Serialize};

use crate::{GuestFailure, COMMAND_SIGNALED, HIGH_STATUS, OUTPUT_FAILED};

/// How an attempt ended. Schema 1 called some of the classes otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, thiserror::Error)]
#[serde(tag = "class", rename_all = "kebab-case")]
#[allow(missing_docs)] // the message of each explains it
pub enum GuestOutcome {
    #[error("the command exited with status {status}")]
    Exited { status: i32 },
    #[error("signal {signal} ended the command")]
    Signaled { signal: i32 },
    #[error("the guest could not start: {reason}")]
    NotStarted { reason: String },
    #[error("KVM cannot run this guest: {reason}. Try: --tier tcg")]
    KvmUnusable { reason: String },
    #[error("only {online} of {wanted} vCPUs came up")]
    VcpusMissing { online: u32, wanted: usize },
    #[error("refused: {reason}")]
    WrongMode { reason: String },
    #[error("a module was refused: {reason}")]
    ModuleRefused { reason: String },
    #[error("the guest panicked: {line}")]
    Panicked { line: String },
    #[error("the guest panicked before its first process: {line}")]
    PanickedAtBoot { line: String },
    #[serde(alias = "splat")]
    #[error("warning, oops or stall on the guest's console: {line}")]
    KernelWarning { line: String },
    #[error("warning, oops or stall on the guest's console: {line}")]
    Stalled { line: String },
    #[error("the guest stalled before the command, without any module: {line}")]
    StalledAtBoot { line: String },
    #[error("the guest hung before its first process: no hello in {seconds} s")]
    HungBeforeInit { seconds: u64 },
    #[error("the guest hung: no heartbeat in {seconds} s")]
    Hung { seconds: u64 },
    #[error("the channel was lost: {reason}")]
    ChannelLost { reason: String },
    #[serde(alias = "died-silently")]
    #[error("the guest exited without reporting (as after a triple fault): {reason}")]
    ExitedSilently { reason: String },
    #[serde(alias = "middle-failed")]
    #[error("the L1 hypervisor failed: {reason}")]
    L1Failed { reason: String },
    #[error("the command ran longer than {seconds} s (--timeout)")]
    TimedOut { seconds: u64 },
    #[error("interrupted by signal {signal}")]
    Interrupted { signal: i32 },
    #[error("cannot pass output on: {reason}")]
    OutputClosed { reason: String },
    #[error("cannot read the command's input: {reason}")]
    InputLost { reason: String },
}

impl GuestOutcome {
    /// The failure of the guest that it is; none if the command ended by itself, or `vm` was ended.
    pub fn failure(&self) -> Option<GuestFailure> {
        Some(match self {
            Self::NotStarted { .. } | Self::KvmUnusable { .. } | Self::VcpusMissing { .. } => {
                GuestFailure::NotStarted
            }
            Self::Panicked { .. } | Self::PanickedAtBoot { .. } => GuestFailure::Panicked,
            Self::KernelWarning { .. } | Self::Stalled { .. } | Self::StalledAtBoot { .. } => {
                GuestFailure::KernelWarning
            }
            Self::HungBeforeInit { .. } | Self::Hung { .. } => GuestFailure::Hung,
            Self::ChannelLost { .. } => GuestFailure::ChannelLost,
            Self::ExitedSilently { .. } => GuestFailure::ExitedSilently,
            Self::TimedOut { .. } => GuestFailure::TimedOut,
            Self::ModuleRefused { .. } => GuestFailure::ModuleRefused,
            Self::L1Failed { .. } => GuestFailure::L1Failed,
            Self::WrongMode { .. } => GuestFailure::WrongMode,
            Self::Exited { .. }
            | Self::Signaled { .. }
            | Self::Interrupted { .. }
            | Self::OutputClosed { .. }
            | Self::InputLost { .. } => return None,
        })
    }

    /// The exit code of `vm`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Exited { status } => match *status as u8 {
                status if status > HIGH_STATUS => HIGH_STATUS,
                status => status,
            },
            Self::Signaled { signal } | Self::Interrupted { signal } => {
                COMMAND_SIGNALED + *signal as u8
            }
            _ => self.failure().map_or(OUTPUT_FAILED, GuestFailure::code),
        }
    }

    /// Whether the last lines of the consoles may explain it.
    pub fn shows_in_the_log(&self) -> bool {
        use GuestOutcome as G;
        let elsewhere = matches!(
            self,
            G::WrongMode { .. }
                | G::ModuleRefused { .. }
                | G::TimedOut { .. }
                | G::Interrupted { .. }
                | G::OutputClosed { .. }
                | G::InputLost { .. }
        );
        !elsewhere && !self.is_command_exit()
    }

    /// Whether the command ended by itself, and the guest did not fail.
    pub fn is_command_exit(&self) -> bool {
        matches!(self, Self::Exited { .. } | Self::Signaled { .. })
    }
}

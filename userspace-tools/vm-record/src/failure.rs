// SPDX-License-Identifier: GPL-2.0

//! Exit codes of `vm`: those that report a failure of the guest rather than of its command.

use clap::ValueEnum;

/// Base of the exit codes of a command, or of `vm`, that a signal ended.
pub const COMMAND_SIGNALED: u8 = 128;

/// `vm` could not read the command's input, pass its output on, or write the record.
pub const OUTPUT_FAILED: u8 = 250;

/// The command exited with a status that as an exit code of `vm` would be a [`GuestFailure`], 240 to 255.
pub const HIGH_STATUS: u8 = 239;

/// A failure of the guest, by the exit code that reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, thiserror::Error)]
#[repr(u8)]
#[allow(missing_docs)] // the message of each explains it
pub enum GuestFailure {
    #[error("the guest could not start")]
    NotStarted = 240,
    #[error("the guest's kernel panicked")]
    Panicked = 241,
    #[error("oops, BUG, WARNING or stall on the guest's console although its command succeeded")]
    KernelWarning = 242,
    #[error("the guest hung: no hello, or no heartbeat")]
    Hung = 243,
    #[error("the channel to the guest was lost")]
    ChannelLost = 244,
    #[error("the guest exited without reporting")]
    ExitedSilently = 245,
    #[error("the command ran longer than --timeout")]
    TimedOut = 246,
    #[error("the guest's kernel refused a module")]
    ModuleRefused = 247,
    #[error("the L1 hypervisor failed (tier nested)")]
    L1Failed = 248,
    #[error("the guest is not in the --mode asked for")]
    WrongMode = 249,
}

impl GuestFailure {
    /// Its exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// All failures, by exit code.
    pub fn all() -> impl Iterator<Item = GuestFailure> {
        GuestFailure::value_variants().iter().copied()
    }

    /// The failure that an exit code of `vm` reports; none if the command, or `vm`, failed by itself.
    pub fn from_code(code: impl Into<i32>) -> Option<GuestFailure> {
        let code = code.into();
        GuestFailure::all().find(|failure| i32::from(failure.code()) == code)
    }

    /// Whether the emulator, not the load, is the likely cause, so that a caller may boot the guest again for what it
    /// had not done. `vm` itself does so as `limits.rs` has it, before any output.
    pub fn is_of_emulator(self, is_nested: bool) -> bool {
        match self {
            GuestFailure::ExitedSilently => true,
            GuestFailure::Hung | GuestFailure::L1Failed => is_nested,
            _ => false,
        }
    }
}

/// The table of exit codes in `vm --help`.
pub fn exit_code_help() -> String {
    let failures = GuestFailure::all().map(|failure| format!("  {}  {failure}", failure.code()));
    let failures = failures.collect::<Vec<_>>().join("\n");
    format!(
        "Exit codes: the command's own ({COMMAND_SIGNALED} + N when signal N ended it, 126/127 when it \
         could not be run), or
  2    usage
  {HIGH_STATUS}  the command exited with a status of 240 to 255, which the record and a message have
{failures}
  {OUTPUT_FAILED}  the command's input could not be read, its output not passed on, or the record not written
  129, 130, 143 SIGHUP, SIGINT, SIGTERM
"
    )
}

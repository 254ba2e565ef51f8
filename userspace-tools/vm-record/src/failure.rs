// SPDX-License-Identifier: GPL-2.0

//! Exit codes of `vm`: those that report a failure of the guest rather than of its command.

/// Base of the exit codes of a command, or of `vm`, that a signal ended.
pub const COMMAND_SIGNALED: u8 = 128;

/// `vm` could not pass the command's output on, or not write the record.
pub const OUTPUT_FAILED: u8 = 1;

/// A failure of the guest, by the exit code that reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GuestFailure {
    /// QEMU, KVM or the vCPUs did not come up.
    NotStarted = 240,
    /// The guest's kernel panicked.
    Panicked,
    /// The kernel log has an oops, BUG, WARNING or stall.
    KernelWarning,
    /// No hello, or no heartbeat, within the limit.
    Hung,
    /// The virtio-serial channel broke while QEMU ran.
    ChannelLost,
    /// QEMU ended, and the guest reported nothing.
    ExitedSilently,
    /// The command exceeded its time limit.
    TimedOut,
    /// The kernel refused a module.
    ModuleRefused,
    /// The L1 hypervisor of the nested tier failed.
    L1Failed,
    /// The guest's spinlock is of another mode than the one asked for.
    WrongMode,
}

/// Every failure and what happened, in one line, by exit code.
const MEANINGS: [(GuestFailure, &str); 10] = [
    (GuestFailure::NotStarted, "the guest could not start"),
    (GuestFailure::Panicked, "the guest's kernel panicked"),
    (
        GuestFailure::KernelWarning,
        "oops, BUG, WARNING or stall on the guest's console although its command succeeded",
    ),
    (
        GuestFailure::Hung,
        "the guest hung: no hello, or no heartbeat",
    ),
    (
        GuestFailure::ChannelLost,
        "the channel to the guest was lost",
    ),
    (
        GuestFailure::ExitedSilently,
        "the guest exited without reporting",
    ),
    (
        GuestFailure::TimedOut,
        "the command ran longer than --timeout",
    ),
    (
        GuestFailure::ModuleRefused,
        "the guest's kernel refused a module",
    ),
    (
        GuestFailure::L1Failed,
        "the L1 hypervisor failed (tier nested)",
    ),
    (
        GuestFailure::WrongMode,
        "the guest is not in the --mode asked for",
    ),
];

impl GuestFailure {
    /// Its exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// All failures, by exit code.
    pub fn all() -> impl Iterator<Item = GuestFailure> {
        MEANINGS.into_iter().map(|(failure, _)| failure)
    }

    /// The failure that an exit code of `vm` reports; none if the command, or `vm`, failed by itself.
    pub fn from_code(code: impl Into<i32>) -> Option<GuestFailure> {
        let code = code.into();
        GuestFailure::all().find(|failure| i32::from(failure.code()) == code)
    }

    /// What happened, in one line.
    pub fn meaning(self) -> &'static str {
        MEANINGS[usize::from(self.code() - GuestFailure::NotStarted.code())].1
    }

    /// Whether the emulator, not the load, is the likely cause: such a guest is worth another boot even
    /// after it has passed output on.
    pub fn is_retryable(self) -> bool {
        self == GuestFailure::ExitedSilently
    }
}

/// The table of exit codes in `vm --help`.
pub fn exit_code_help() -> String {
    let mut rows = vec![
        ("2".to_owned(), "usage"),
        (
            OUTPUT_FAILED.to_string(),
            "the command's output could not be passed on, or the record not written",
        ),
    ];
    rows.extend(MEANINGS.map(|(failure, meaning)| (failure.code().to_string(), meaning)));
    rows.push(("130, 143".to_owned(), "SIGINT, SIGTERM"));
    let rows = rows
        .iter()
        .map(|(code, meaning)| format!("  {code:<4} {meaning}"));
    format!(
        "Exit codes: the command's own ({COMMAND_SIGNALED} + N when signal N ended it, 126/127 when it \
         could not be run), or\n{}\n",
        rows.collect::<Vec<_>>().join("\n")
    )
}

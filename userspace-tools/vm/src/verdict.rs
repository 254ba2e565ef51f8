// SPDX-License-Identifier: GPL-2.0

//! What became of a guest: from what was last heard and seen to one outcome and its exit code.

use vm_record::{Finding, FindingKind, GuestOutcome, Tier};

/// How often a guest that was lost to the emulator is started again.
pub const RETRIES: usize = 2;

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
    /// The L1 hypervisor broke by itself; the line is its kernel's.
    L1Broke(String),
    /// The L1 hypervisor ended; the reason is QMP's.
    L1Ended(Option<String>, String),
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

/// Judges an attempt by its ending and by what its console said.
pub fn judge(ending: Ending, findings: &[Finding], progress: Progress) -> GuestOutcome {
    let find = |kind| findings.iter().find(|found| found.kind == kind);
    let panic = find(FindingKind::Panic).map(|found| found.line.clone());
    let restart = find(FindingKind::Restart).is_some();
    let splat = find(FindingKind::Oops)
        .or(find(FindingKind::Warning))
        .map(|found| found.line.clone());
    let stall = find(FindingKind::Stall).map(|found| found.line.clone());
    match (ending, panic, splat) {
        // These are about us, not about the guest.
        (Ending::Signal(signal), ..) => GuestOutcome::Interrupted { signal },
        (Ending::OutputClosed(reason), ..) => GuestOutcome::OutputClosed { reason },
        (Ending::NotStarted(reason), ..) => GuestOutcome::NotStarted { reason },
        (Ending::KvmFailed(reason), ..) => GuestOutcome::KvmUnusable { reason },
        // A panic explains whatever it led to.
        (_, Some(line), _) => GuestOutcome::Panicked { line },
        (Ending::Exit(exit), None, splat) => exited(&exit, splat, stall),
        (Ending::ModuleRefused(reason), ..) => GuestOutcome::ModuleRefused { reason },
        (Ending::Stuck, None, splat) => GuestOutcome::KernelWarning {
            line: splat.unwrap_or_default(),
        },
        (Ending::VcpusMissing(online, wanted), ..) => GuestOutcome::VcpusMissing { online, wanted },
        (Ending::WrongMode(reason), ..) => GuestOutcome::WrongMode { reason },
        (Ending::NoHello(seconds), ..) => GuestOutcome::HungBeforeInit { seconds },
        (Ending::Silence(seconds), ..) => GuestOutcome::Hung { seconds },
        (Ending::Timeout(seconds), ..) => GuestOutcome::TimedOut { seconds },
        (Ending::ChannelLost(reason), ..) => GuestOutcome::ChannelLost { reason },
        (Ending::L1Broke(line), ..) => GuestOutcome::L1Failed { reason: line },
        (Ending::L1Ended(..), None, Some(line)) => GuestOutcome::KernelWarning { line },
        (Ending::L1Ended(reason, status), None, None) => l1_ended(reason.as_deref(), status),
        (Ending::QemuEnded(..), None, None) if restart => GuestOutcome::ChannelLost {
            reason: "the guest restarted itself without reporting the command's end".into(),
        },
        (Ending::QemuEnded(reason, status), None, splat) => {
            qemu_ended(reason.as_deref(), status, splat, progress)
        }
    }
}

fn exited(exit: &wire::Exit, splat: Option<String>, stall: Option<String>) -> GuestOutcome {
    match (exit.status, exit.signal, splat, stall) {
        (Some(0), _, Some(line), _) => GuestOutcome::KernelWarning { line },
        (Some(0), _, None, Some(line)) => GuestOutcome::Stalled { line },
        (Some(status), ..) => GuestOutcome::Exited { status },
        (None, Some(signal), ..) => GuestOutcome::Signaled { signal },
        (None, None, ..) => GuestOutcome::ChannelLost {
            reason: "the guest reported neither status nor signal".into(),
        },
    }
}

/// A triple fault of L1 takes the guest with it.
fn l1_ended(reason: Option<&str>, status: String) -> GuestOutcome {
    match reason {
        Some("guest-shutdown") => GuestOutcome::L1Failed {
            reason: "it powered off while the guest ran".into(),
        },
        Some(reason) => GuestOutcome::ExitedSilently {
            reason: format!("QMP says {reason} of L1"),
        },
        None => GuestOutcome::NotStarted {
            reason: format!("QEMU ended with {status}"),
        },
    }
}

fn qemu_ended(
    reason: Option<&str>,
    status: String,
    splat: Option<String>,
    progress: Progress,
) -> GuestOutcome {
    match (reason, splat) {
        // The guest's first process powers off when it cannot talk to us any more.
        (Some("guest-shutdown"), _) => GuestOutcome::ChannelLost {
            reason: "the guest powered off without reporting the command's end".into(),
        },
        (_, Some(line)) => GuestOutcome::KernelWarning { line },
        // A triple fault resets; -no-reboot turns that into the end.
        (Some(reason), None) => GuestOutcome::ExitedSilently {
            reason: format!("QMP says {reason}"),
        },
        // A QEMU that could not start would not say that all is well.
        (None, None) if progress.hello || status == SUCCESS => GuestOutcome::ExitedSilently {
            reason: format!("QEMU ended with {status}"),
        },
        (None, None) => GuestOutcome::NotStarted {
            reason: format!("QEMU ended with {status}"),
        },
    }
}

/// How many more attempts are worth while after one that ended so: as many as were lost to the emulator,
/// not to the load. A guest whose output was passed on is not started again, because that cannot be taken
/// back. In the nested tier a hang or a stall is the emulator's fault once, then the load's.
pub fn retries(outcome: &GuestOutcome, tier: Tier, progress: Progress) -> usize {
    use GuestOutcome::{ExitedSilently, Hung, HungBeforeInit, L1Failed, Stalled, VcpusMissing};
    let nested = tier == Tier::Nested;
    match outcome {
        _ if nested && progress.output => 0,
        HungBeforeInit { .. } | Hung { .. } | Stalled { .. } if nested => 1,
        HungBeforeInit { .. } | VcpusMissing { .. } | L1Failed { .. } => RETRIES,
        ExitedSilently { .. } if !progress.output => RETRIES,
        _ => 0,
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;

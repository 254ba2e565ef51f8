// SPDX-License-Identifier: GPL-2.0

//! Outcome of an attempt, from the event that ended it and the findings on the console.

use vm_record::{Finding, FindingKind, GuestOutcome};

pub const SUCCESS: &str = "exit status: 0";

#[derive(Debug)]
pub enum Ending {
    /// The command ended and all its output arrived.
    Exit(wire::Exit),
    ModuleRefused(String),
    /// No hello, or not the one expected, within this many seconds.
    NoHello(u64),
    /// A stall on the console while the guest boots.
    BootStall(String),
    /// The guest came up with this many vCPUs instead of that many.
    VcpusMissing(u32, usize),
    WrongMode(String),
    /// No message for this many seconds after the hello.
    Silence(u64),
    Timeout(u64),
    /// QEMU ended by itself; the reason is QMP's.
    QemuEnded(Option<String>, String),
    L1Oops(String),
    /// L1 ended by itself; the reason is QMP's.
    L1Ended(Option<String>, String),
    ChannelLost(String),
    /// KVM cannot execute this guest.
    KvmFailed(String),
    /// QEMU, or the guest, could not be set up.
    NotStarted(String),
    /// An oops, after which the command did not end.
    Stuck,
    Signal(i32),
    OutputClosed(String),
    InputLost(String),
}

/// Text of [`Ending::ModuleRefused`], with what the kernel logged about it.
pub fn module_refusal(name: &str, error: &str, log: &[String]) -> String {
    let lines = log.iter().map(|line| format!("\n  {line}"));
    format!("{name}: {error}{}", lines.collect::<String>())
}

/// The outcome of an attempt; `hello` states whether the guest got as far as its hello.
pub fn outcome(ending: Ending, findings: &[Finding], hello: bool) -> GuestOutcome {
    let line = |kind| {
        let found = findings.iter().find(|found| found.kind == kind);
        found.map(|found| found.line.clone())
    };
    let panic = line(FindingKind::Panic);
    let oops = line(FindingKind::Oops).or_else(|| line(FindingKind::Warning));
    let stall = line(FindingKind::Stall);
    let restart = line(FindingKind::Restart).is_some();
    match (ending, panic, oops) {
        // These are about `vm`, not about the guest.
        (Ending::Signal(signal), ..) => GuestOutcome::Interrupted { signal },
        (Ending::OutputClosed(reason), ..) => GuestOutcome::OutputClosed { reason },
        (Ending::InputLost(reason), ..) => GuestOutcome::InputLost { reason },
        (Ending::NotStarted(reason), ..) => GuestOutcome::NotStarted { reason },
        (Ending::KvmFailed(reason), ..) => GuestOutcome::KvmUnusable { reason },
        // A panic explains what it led to.
        (_, Some(line), _) if hello => GuestOutcome::Panicked { line },
        (_, Some(line), _) => GuestOutcome::PanickedAtBoot { line },
        (Ending::Exit(exit), None, oops) => exited(&exit, oops, stall),
        (Ending::ModuleRefused(reason), ..) => GuestOutcome::ModuleRefused { reason },
        (Ending::Stuck, None, oops) => GuestOutcome::KernelWarning {
            line: oops.unwrap_or_default(),
        },
        (Ending::VcpusMissing(online, wanted), ..) => GuestOutcome::VcpusMissing { online, wanted },
        (Ending::WrongMode(reason), ..) => GuestOutcome::WrongMode { reason },
        (Ending::BootStall(line), ..) => GuestOutcome::StalledAtBoot { line },
        (Ending::NoHello(seconds), ..) => GuestOutcome::HungBeforeInit { seconds },
        (Ending::Silence(seconds), ..) => GuestOutcome::Hung { seconds },
        (Ending::Timeout(seconds), ..) => GuestOutcome::TimedOut { seconds },
        (Ending::ChannelLost(reason), ..) => GuestOutcome::ChannelLost { reason },
        (Ending::L1Oops(line), ..) => GuestOutcome::L1Failed { reason: line },
        (Ending::L1Ended(..), None, Some(line)) => GuestOutcome::KernelWarning { line },
        (Ending::L1Ended(reason, status), None, None) => l1_ended(reason.as_deref(), status),
        (Ending::QemuEnded(..), None, None) if restart => GuestOutcome::ChannelLost {
            reason: "the guest restarted itself without reporting the command's end".into(),
        },
        (Ending::QemuEnded(reason, status), None, oops) => {
            qemu_ended(reason.as_deref(), status, oops, hello)
        }
    }
}

fn exited(exit: &wire::Exit, oops: Option<String>, stall: Option<String>) -> GuestOutcome {
    match (exit.status, exit.signal, oops, stall) {
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
            reason: format!("QMP reports {reason} of L1"),
        },
        None => GuestOutcome::NotStarted {
            reason: format!("QEMU ended with {status}"),
        },
    }
}

fn qemu_ended(
    reason: Option<&str>,
    status: String,
    oops: Option<String>,
    hello: bool,
) -> GuestOutcome {
    match (reason, oops) {
        // The guest's first process powers off when its channel is broken.
        (Some("guest-shutdown"), _) => GuestOutcome::ChannelLost {
            reason: "the guest powered off without reporting the command's end".into(),
        },
        (_, Some(line)) => GuestOutcome::KernelWarning { line },
        // A triple fault resets; -no-reboot turns that into the end.
        (Some(reason), None) => GuestOutcome::ExitedSilently {
            reason: format!("QMP reports {reason}"),
        },
        // A QEMU that could not start would not exit with success.
        (None, None) if hello || status == SUCCESS => GuestOutcome::ExitedSilently {
            reason: format!("QEMU ended with {status}"),
        },
        (None, None) => GuestOutcome::NotStarted {
            reason: format!("QEMU ended with {status}"),
        },
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;

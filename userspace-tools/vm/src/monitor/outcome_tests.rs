// SPDX-License-Identifier: GPL-2.0

//! One ending and one console each: the outcome, its exit code, its retries.

use vm_record::Tier;

use super::*;
use crate::limits::retries;
use crate::monitor::console;

const FINE: &str = "[    0.04] tsc: Unable to calibrate against PIT\n";
const PANIC: &str = "[    9.46] sysrq: Trigger a crash\n\
                     [    9.46] Kernel panic - not syncing: sysrq triggered crash\n\
                     [    9.47]  entry_SYSCALL_64_after_hwframe+0x76/0x7e\n";
const OOPS: &str = "[    5.10] BUG: kernel NULL pointer dereference, address: 0000000000000000\n\
                    [    5.10] #PF: supervisor write access in kernel mode\n\
                    [    5.10] Oops: Oops: 0002 [#1] SMP NOPTI\n";
const OOPS_THEN_PANIC: &str = "[    5.10] Oops: general protection fault, 0000 [#1] SMP NOPTI\n\
                               [    5.20] Kernel panic - not syncing: Fatal exception\n";
const STALL: &str = "[   46.10] watchdog: BUG: soft lockup - CPU#3 stuck for 42s! [x:99]\n";
const OOM: &str = "[   12.51] Out of memory: Killed process 77 (lock-load) total-vm:9kB\n";
const RESTART: &str = "[    7.31] reboot: Restarting system\n";

fn exit(status: i32) -> Ending {
    command_end(Some(status), None)
}

fn command_end(status: Option<i32>, signal: Option<i32>) -> Ending {
    let nonce = String::new();
    Ending::Exit(wire::Exit {
        nonce,
        status,
        signal,
    })
}

fn qemu(reason: &str) -> Ending {
    Ending::QemuEnded(Some(reason.into()), SUCCESS.into())
}

fn qemu_unreported(status: &str) -> Ending {
    Ending::QemuEnded(None, status.into())
}

fn l1(reason: &str) -> Ending {
    Ending::L1Ended(Some(reason.into()), SUCCESS.into())
}

fn of(ending: Ending, text: &str, hello: bool) -> GuestOutcome {
    let findings: Vec<Finding> = text.lines().filter_map(console::finding).collect();
    outcome(ending, &findings, hello)
}

/// Declares tests of exit codes: the ending, the console, the code.
macro_rules! exit_codes {
    ($($name:ident {$($ending:expr, $text:expr => $code:literal;)*})*) => {$(
        #[test]
        fn $name() {
            $(assert_eq!(of($ending, $text, true).exit_code(), $code, stringify!($ending, $text));)*
        }
    )*};
}

exit_codes! {
    exit_code_of_the_command_passes_through {
        exit(0), FINE => 0;
        exit(7), FINE => 7;
        exit(127), FINE => 127;
        exit(239), FINE => 239;
        exit(240), FINE => 239;
        exit(255), FINE => 239;
        exit(137), OOM => 137;
        command_end(None, Some(9)), FINE => 137;
        exit(3), OOPS => 3;
        exit(1), STALL => 1;
    }
    success_on_a_broken_kernel_is_a_failure {
        exit(0), OOPS => 242;
        exit(0), STALL => 242;
        Ending::BootStall("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:".into()), STALL => 242;
        Ending::Stuck, OOPS => 242;
    }
    panic_explains_every_ending_of_the_guest {
        qemu("guest-reset"), PANIC => 241;
        qemu("guest-reset"), OOPS_THEN_PANIC => 241;
        Ending::Silence(15), PANIC => 241;
        Ending::NoHello(20), PANIC => 241;
        Ending::ChannelLost("closed".into()), PANIC => 241;
        Ending::Timeout(600), PANIC => 241;
        exit(0), PANIC => 241;
        l1("guest-reset"), PANIC => 241;
    }
    reset_without_text_is_a_triple_fault {
        qemu("guest-reset"), FINE => 245;
        qemu_unreported("signal: 9 (SIGKILL)"), FINE => 245;
        qemu("guest-reset"), RESTART => 244;
        qemu("guest-shutdown"), FINE => 244;
    }
    limits_and_the_channel_have_their_codes {
        Ending::ChannelLost("frame type 0x4b".into()), FINE => 244;
        Ending::NoHello(20), FINE => 243;
        Ending::Silence(15), FINE => 243;
        Ending::Timeout(600), FINE => 246;
    }
    guest_that_does_not_start_as_asked_has_its_code {
        Ending::KvmFailed("KVM internal error".into()), "" => 240;
        Ending::VcpusMissing(7, 8), FINE => 240;
        Ending::ModuleRefused("lock-load: x".into()), FINE => 247;
    }
    ends_of_vm_are_not_attributed_to_the_guest {
        Ending::Signal(2), PANIC => 130;
        Ending::Signal(15), OOPS => 143;
        Ending::OutputClosed("Broken pipe".into()), FINE => 250;
        Ending::InputLost("Input/output error".into()), PANIC => 250;
    }
    failures_of_l1_are_not_attributed_to_the_guest {
        l1("guest-reset"), FINE => 245;
        l1("guest-shutdown"), FINE => 248;
        Ending::L1Oops("Kernel panic".into()), FINE => 248;
    }
}

#[test]
fn ending_before_the_hello_has_its_own_code() {
    let before_hello = |ending| of(ending, FINE, false);
    let failed = before_hello(qemu_unreported("exit status: 1"));
    assert_eq!(failed.exit_code(), 240);
    assert_eq!(before_hello(qemu_unreported(SUCCESS)).exit_code(), 245);
    assert_eq!(before_hello(qemu("guest-reset")).exit_code(), 245);
    let silent = of(Ending::Silence(15), FINE, true);
    assert_ne!(before_hello(Ending::NoHello(20)), silent);
}

#[test]
fn oops_is_quoted() {
    let oops = of(Ending::Stuck, OOPS, true).to_string();
    assert!(oops.contains("NULL pointer"), "{oops}");
}

#[test]
fn only_losses_to_the_emulator_are_retried() {
    // Retries on TCG, on TCG after output, nested, nested after output.
    for (ending, text, expected) in [
        (exit(1), FINE, [0, 0, 0, 0]),
        (exit(1), STALL, [0, 0, 0, 0]),
        (exit(0), OOPS, [0, 0, 0, 0]),
        (exit(0), STALL, [0, 0, 1, 0]),
        (qemu("guest-reset"), PANIC, [0, 0, 0, 0]),
        (qemu("guest-reset"), RESTART, [0, 0, 0, 0]),
        (qemu("guest-reset"), FINE, [2, 0, 2, 0]),
        (Ending::Timeout(600), FINE, [0, 0, 0, 0]),
        (Ending::NoHello(90), FINE, [2, 2, 1, 0]),
        (Ending::BootStall("stall".into()), STALL, [2, 2, 1, 0]),
        (Ending::Silence(60), FINE, [0, 0, 1, 0]),
        (Ending::VcpusMissing(7, 8), FINE, [2, 2, 2, 0]),
        (Ending::NotStarted("no".into()), FINE, [0, 0, 0, 0]),
        (l1("guest-reset"), FINE, [2, 0, 2, 0]),
        (l1("guest-shutdown"), FINE, [2, 2, 2, 0]),
        (Ending::L1Oops("Kernel panic".into()), FINE, [2, 2, 2, 0]),
    ] {
        let name = format!("{ending:?} {text}");
        let outcome = of(ending, text, true);
        let tiers = [Tier::Tcg, Tier::Nested];
        let counts = tiers.map(|tier| [false, true].map(|output| retries(&outcome, tier, output)));
        assert_eq!(counts.concat(), expected, "{name}");
    }
    // Before its first process no module is loaded.
    let outcome = of(qemu("guest-reset"), PANIC, false);
    assert_eq!(outcome.exit_code(), 241);
    let counts = [Tier::Tcg, Tier::Nested].map(|tier| retries(&outcome, tier, false));
    assert_eq!(counts, [0, 2]);
}

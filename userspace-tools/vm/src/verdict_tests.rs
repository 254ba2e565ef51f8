// SPDX-License-Identifier: GPL-2.0

//! One ending and one console each: the outcome, its exit code, whether it is tried again.

use super::*;
use crate::console;

const HELLO: Progress = Progress {
    hello: true,
    output: false,
};
const OUTPUT: Progress = Progress {
    hello: true,
    output: true,
};
const NOTHING: Progress = Progress {
    hello: false,
    output: false,
};

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
const RESTART: &str = "[    7.31] reboot: Restarting system\n";

fn exit(status: Option<i32>, signal: Option<i32>) -> Ending {
    Ending::Exit(wire::Exit {
        nonce: String::new(),
        status,
        signal,
    })
}

fn gone(reason: &str) -> Ending {
    Ending::QemuEnded(Some(reason.into()), "exit status: 0".into())
}

fn verdict(ending: Ending, text: &str, progress: Progress) -> GuestOutcome {
    let findings: Vec<Finding> = text.lines().filter_map(console::judge).collect();
    judge(ending, &findings, progress)
}

fn code(ending: Ending, text: &str, progress: Progress) -> u8 {
    verdict(ending, text, progress).exit_code()
}

#[test]
fn the_commands_own_end_passes_through() {
    assert_eq!(code(exit(Some(0), None), FINE, OUTPUT), 0);
    assert_eq!(code(exit(Some(7), None), FINE, HELLO), 7);
    assert_eq!(code(exit(Some(127), None), FINE, HELLO), 127);
    assert_eq!(code(exit(None, Some(9)), FINE, HELLO), 137);
    assert_eq!(code(exit(Some(3), None), OOPS, HELLO), 3);
}

#[test]
fn success_on_a_broken_kernel_is_no_success() {
    for text in [OOPS, STALL] {
        assert_eq!(code(exit(Some(0), None), text, HELLO), 242, "{text}");
    }
    let GuestOutcome::KernelWarning { line } = verdict(Ending::Stuck, OOPS, OUTPUT) else {
        panic!("no splat")
    };
    assert!(line.contains("NULL pointer"), "{line}");
}

#[test]
fn a_panic_explains_every_ending() {
    for ending in [
        gone("guest-reset"),
        Ending::Silence(15),
        Ending::NoHello(20),
        Ending::ChannelLost("closed".into()),
        Ending::Timeout(600),
        exit(Some(0), None),
    ] {
        let outcome = verdict(ending, PANIC, HELLO);
        assert_eq!(outcome.exit_code(), 241, "{outcome}");
        assert!(retries(&outcome, Tier::Tcg, HELLO) == 0);
    }
    assert_eq!(code(gone("guest-reset"), OOPS_THEN_PANIC, HELLO), 241);
}

#[test]
fn a_reset_without_text_is_a_silent_death() {
    let outcome = verdict(gone("guest-reset"), FINE, HELLO);
    assert_eq!(outcome.exit_code(), 245);
    assert!(retries(&outcome, Tier::Tcg, NOTHING) == 2 && retries(&outcome, Tier::Tcg, HELLO) == 2);
    assert!(
        retries(&outcome, Tier::Tcg, OUTPUT) == 0,
        "its output would come twice"
    );
    let killed = Ending::QemuEnded(None, "signal: 9 (SIGKILL)".into());
    assert_eq!(code(killed, FINE, HELLO), 245);
}

#[test]
fn a_reset_that_somebody_asked_for_is_none() {
    let outcome = verdict(gone("guest-reset"), RESTART, HELLO);
    assert_eq!(outcome.exit_code(), 244);
    assert!(retries(&outcome, Tier::Tcg, HELLO) == 0);
}

#[test]
fn a_power_off_without_a_report_is_a_lost_channel() {
    assert_eq!(code(gone("guest-shutdown"), FINE, OUTPUT), 244);
    assert_eq!(
        code(Ending::ChannelLost("frame type 0x4b".into()), FINE, HELLO),
        244
    );
}

#[test]
fn hangs_before_and_after_the_hello_differ() {
    let before = verdict(Ending::NoHello(20), FINE, NOTHING);
    let after = verdict(Ending::Silence(15), FINE, HELLO);
    assert_ne!(before, after);
    assert_eq!((before.exit_code(), after.exit_code()), (243, 243));
    assert!(
        retries(&before, Tier::Tcg, NOTHING) == 2,
        "lost to the emulator"
    );
    assert!(
        retries(&after, Tier::Tcg, HELLO) == 0,
        "it may be the load's fault"
    );
}

#[test]
fn a_timeout_is_not_a_hang() {
    assert_eq!(code(Ending::Timeout(600), FINE, OUTPUT), 246);
}

#[test]
fn a_qemu_that_does_not_start_is_not_a_guest_that_dies() {
    let refused = Ending::QemuEnded(None, "exit status: 1".into());
    let outcome = verdict(refused, "", NOTHING);
    assert_eq!(outcome.exit_code(), 240);
    assert!(retries(&outcome, Tier::Tcg, NOTHING) == 0);
    assert_eq!(
        code(Ending::KvmFailed("KVM internal error".into()), "", NOTHING),
        240
    );
    let missing = verdict(Ending::VcpusMissing(7, 8), FINE, HELLO);
    assert_eq!(missing.exit_code(), 240);
    assert!(retries(&missing, Tier::Tcg, HELLO) == 2);
}

#[test]
fn what_is_about_us_is_not_blamed_on_the_guest() {
    assert_eq!(code(Ending::Signal(2), PANIC, HELLO), 130);
    assert_eq!(code(Ending::Signal(15), OOPS, HELLO), 143);
    assert_eq!(
        code(Ending::OutputClosed("Broken pipe".into()), FINE, OUTPUT),
        1
    );
    assert_eq!(
        code(Ending::ModuleRefused("lock-load: x".into()), FINE, HELLO),
        247
    );
}

#[test]
fn an_l1_hypervisor_that_dies_takes_its_guest_along_silently() {
    let ending = Ending::L1Ended(Some("guest-reset".into()), "exit status: 0".into());
    let outcome = verdict(ending, FINE, HELLO);
    assert_eq!(outcome.exit_code(), 245, "{outcome}");
    assert_eq!(retries(&outcome, Tier::Nested, HELLO), 2);
    let ending = Ending::L1Ended(Some("guest-reset".into()), "exit status: 0".into());
    assert_eq!(
        code(ending, PANIC, HELLO),
        241,
        "the guest's own panic comes first"
    );
}

#[test]
fn an_l1_hypervisor_that_breaks_is_not_the_guests_fault() {
    for ending in [
        Ending::L1Broke("Kernel panic - not syncing".into()),
        Ending::L1Ended(Some("guest-shutdown".into()), "exit status: 0".into()),
    ] {
        let outcome = verdict(ending, FINE, HELLO);
        assert_eq!(outcome.exit_code(), 248, "{outcome}");
        assert_eq!(retries(&outcome, Tier::Nested, HELLO), 2);
    }
}

#[test]
fn the_death_of_a_guest_in_l1_is_silent_with_and_without_qmp() {
    let unheard = Ending::QemuEnded(None, "exit status: 0".into());
    for ending in [gone("guest-reset"), unheard] {
        assert_eq!(code(ending, FINE, NOTHING), 245);
    }
}

#[test]
fn nested_a_fail_is_never_repeated_and_a_hang_or_a_stall_once() {
    let repeats =
        |ending, text, progress| retries(&verdict(ending, text, progress), Tier::Nested, progress);
    assert_eq!(repeats(exit(Some(1), None), FINE, HELLO), 0);
    assert_eq!(repeats(exit(Some(1), None), STALL, HELLO), 0);
    assert_eq!(repeats(exit(Some(0), None), OOPS, HELLO), 0);
    assert_eq!(repeats(gone("guest-reset"), PANIC, HELLO), 0);
    assert_eq!(repeats(Ending::Timeout(600), FINE, HELLO), 0);
    assert_eq!(repeats(Ending::NoHello(90), FINE, NOTHING), 1);
    assert_eq!(repeats(Ending::Silence(60), FINE, HELLO), 1);
    assert_eq!(repeats(exit(Some(0), None), STALL, HELLO), 1);
    assert_eq!(repeats(gone("guest-reset"), FINE, HELLO), 2);
    assert_eq!(repeats(gone("guest-reset"), FINE, OUTPUT), 0);
    assert_eq!(verdict(exit(Some(0), None), STALL, HELLO).exit_code(), 242);
}

// SPDX-License-Identifier: GPL-2.0

//! What `vm` answers without booting anything.

use std::process::{Command, Output};

fn vm(arguments: &[&str]) -> Output {
    let vm = Command::new(env!("CARGO_BIN_EXE_vm"))
        .args(arguments)
        .env("SLOWPATH_IMAGE", "/nonexistent")
        .output();
    vm.expect("vm runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn print_shows_both_tiers_on_any_machine() {
    let output = vm(&[
        "run", "--vcpus", "8", "--cpus", "0-1", "--print", "--", "true",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let kvm = lines.find("-accel kvm").expect("KVM's line");
    let tcg = lines.find("thread=multi").expect("TCG's line");
    assert!(kvm < tcg, "in the order in which auto tries them");
    assert!(lines.contains("# kvm\ntaskset -c 0-1 setpriv --pdeathsig KILL qemu-system-x86_64"));
    assert!(lines.contains("-kernel /nonexistent/vmlinux "), "{lines}");
}

#[test]
fn print_of_one_tier_shows_only_that() {
    for (tier, word, other) in [
        ("kvm", "-accel kvm ", "tcg,thread"),
        ("tcg", "'tcg,thread=multi'", "-accel kvm"),
    ] {
        let output = vm(&["run", "--tier", tier, "--print", "--", "true"]);
        let lines = text(&output.stdout);
        assert!(lines.contains(word) && !lines.contains(other), "{lines}");
    }
}

#[test]
fn usage_errors_exit_2_and_name_the_value() {
    for (arguments, word) in [
        (&["run", "--vcpus", "0", "--", "true"][..], "'0'"),
        (&["run", "--vcpus", "256", "--", "true"], "'256'"),
        (&["run", "--cpus", "1-0", "--", "true"], "1-0"),
        (
            &["run", "--tier", "xen", "--", "true"],
            "[possible values: auto, kvm, tcg, nested]",
        ),
        (&["run", "--timeout", "0", "--", "true"], "'0'"),
        (
            &["run", "--mode", "xen", "--", "true"],
            "[possible values: pv, native, tas, dedicated, single]",
        ),
        (
            &["run", "--preempt", "me", "--", "true"],
            "[possible values: holder, waiter, random]",
        ),
        (&["run", "--ratio", "1,2", "--", "true"], "'1,2'"),
        (&["run", "--ratio", "0", "--", "true"], "'0'"),
        (&["run", "--guests", "1", "--", "true"], "'1'"),
        (&["run", "--hog", "x", "--", "true"], "`x`"),
        (&["run", "--emulated-cpus", "5", "--", "true"], "'5'"),
        (
            &["run", "--no-modules", "--module", "x", "--", "true"],
            "cannot be used with",
        ),
        (&["run"], "<COMMAND>"),
        (&["run", "--"], "<COMMAND>"),
    ] {
        let output = vm(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(word),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn each_mode_shows_on_the_command_line() {
    for (mode, word) in [
        (
            "pv",
            "-cpu 'kvm64,-pmu,+kvm-pv-unhalt,+kvm-pv-sched-yield' -smp 2 ",
        ),
        ("native", " nopvspin'"),
        ("tas", "-cpu 'kvm64,-pmu,-kvm-pv-unhalt' -smp 2 "),
        (
            "dedicated",
            "-cpu 'kvm64,-pmu,+kvm-pv-unhalt,+kvm-hint-dedicated' -smp 2 ",
        ),
        (
            "single",
            "-cpu 'kvm64,-pmu,+kvm-pv-unhalt,+kvm-pv-sched-yield' -smp 1 ",
        ),
    ] {
        let output = vm(&[
            "run", "--tier", "nested", "--mode", mode, "--print", "--", "true",
        ]);
        let lines = text(&output.stdout);
        let guest = lines.split_once("# inside L1\n");
        assert!(
            guest.is_some_and(|(_, line)| line.contains(word)),
            "{lines}"
        );
    }
}

#[test]
fn the_l1_hypervisor_has_as_many_cpus_as_asked_for() {
    let output = vm(&[
        "run",
        "--tier",
        "nested",
        "--vcpus",
        "4",
        "--emulated-cpus",
        "2",
        "--print",
        "--",
        "true",
    ]);
    let lines = text(&output.stdout);
    let (outer, inner) = lines.split_once("# inside L1").expect("two machines");
    assert!(outer.contains("-cpu max -smp 2 "), "{outer}");
    assert!(inner.contains(" -smp 4 "), "{inner}");
}

#[test]
fn ratio_determines_vcpus_or_cpus() {
    for (options, words) in [
        ("--ratio 4 --cpus 0-1", ["taskset -c 0-1 ", " -smp 8 "]),
        (
            "--ratio 4 --cpus 0-1 --vcpus 4",
            ["taskset -c 0 ", " -smp 4 "],
        ),
        (
            "--ratio 2 --tier nested --emulated-cpus 2",
            [" -smp 2 ", " -smp 4 "],
        ),
        (
            "--ratio 4 --tier nested --emulated-cpus 2 --vcpus 4",
            [" -smp 1 ", " -smp 4 "],
        ),
    ] {
        let options = options.split(' ');
        let words_of: Vec<&str> = ["run", "--print"].into_iter().chain(options).collect();
        let lines = text(&vm(&[&words_of[..], &["--", "true"]].concat()).stdout);
        assert!(words.iter().all(|word| lines.contains(word)), "{lines}");
    }
    let output = vm(&[
        "run", "--cpus", "0", "--ratio", "2", "--vcpus", "3", "--", "true",
    ]);
    assert_eq!(output.status.code(), Some(240));
    assert!(text(&output.stderr).contains("need 1.5 CPUs"));
}

#[test]
fn a_missing_image_says_what_to_do() {
    let output = vm(&["run", "--", "true"]);
    assert_eq!(output.status.code(), Some(240));
    let message = text(&output.stderr);
    assert!(
        message.contains("/nonexistent/") && message.contains("make image"),
        "{message}"
    );
}

#[test]
fn a_cpu_that_is_not_there_is_named_with_those_that_are() {
    let output = vm(&["run", "--cpus", "0,1023", "--", "true"]);
    assert_eq!(output.status.code(), Some(240));
    let message = text(&output.stderr);
    assert!(
        message.contains("CPU 1023") && message.contains("allowed: 0"),
        "{message}"
    );
}

#[test]
fn a_hog_goes_where_there_is_a_cpu() {
    for (tier, there) in [("tcg", "allowed: 0"), ("nested", "emulated; there are: 0")] {
        let output = vm(&["run", "--tier", tier, "--hog", "1023", "--", "true"]);
        assert_eq!(output.status.code(), Some(240));
        let message = text(&output.stderr);
        assert!(
            message.contains("--hog: CPU 1023") && message.contains(there),
            "{message}"
        );
    }
}

#[test]
fn help_has_an_example_and_the_exit_codes() {
    let output = vm(&["run", "--help"]);
    let help = text(&output.stdout);
    for word in [
        "Example:", "241", "242", "243", "244", "245", "246", "247", "248", "249",
    ] {
        assert!(help.contains(word), "{word} is not in {help}");
    }
}

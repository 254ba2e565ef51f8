// SPDX-License-Identifier: GPL-2.0

//! What becomes of real guests. These boot the image in `SLOWPATH_IMAGE` (else `build/image`) and
//! fail without one, so they run only when asked for: `cargo test -p vm -- --ignored`.

mod boot;
#[path = "guests/tiers.rs"]
mod tiers;

use std::fs;
use std::io::Write;

use boot::{with_a_kernel_that_triple_faults, Guest};
use rustix::process::Signal;

#[test]
#[ignore = "boots a guest"]
fn status_streams_and_record_of_a_command_arrive() {
    let guest = Guest::new();
    let run = guest.run(
        &["--vcpus", "2"],
        &["sh", "-c", "echo out; echo err >&2; exit 7"],
    );
    assert_eq!(
        (run.code, run.stdout.as_slice()),
        (7, b"out\n".as_slice()),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("err\n"), "{}", run.stderr);
    let record = guest.record();
    assert_eq!(record["outcome"]["class"], "exited");
    assert_eq!(record["tier"], "tcg");
    assert_eq!(record["map_holds"], true);
    assert_eq!(record["map"].as_array().map(Vec::len), Some(2));
    assert!(record["times"]["qemu_start_to_first_command_ms"].as_u64() > Some(0));
    assert!(record["release"]
        .as_str()
        .is_some_and(|release| !release.is_empty()));
}

#[test]
#[ignore = "boots a guest"]
fn ten_megabytes_go_in_and_come_out_whole() {
    let guest = Guest::new();
    let data: Vec<u8> = (0..10_u32 << 20)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let path = guest.folder().join("stdin");
    fs::File::create(&path)
        .and_then(|mut file| file.write_all(&data))
        .expect("the input file");
    let run = guest.run(&["--stdin", path.to_str().expect("UTF-8")], &["cat"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout == data,
        "{} of {} bytes, or others",
        run.stdout.len(),
        data.len()
    );
}

#[test]
#[ignore = "boots a guest"]
fn input_that_nobody_reads_is_not_in_the_way() {
    let guest = Guest::new();
    let path = guest.folder().join("stdin");
    fs::write(&path, vec![b'x'; 1 << 20]).expect("the input file");
    let run = guest.run(&["--stdin", path.to_str().expect("UTF-8")], &["true"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_signal_in_the_guest_is_128_and_its_number() {
    let run = Guest::new().run(&[], &["sh", "-c", "kill -9 $$"]);
    assert_eq!(run.code, 137, "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_command_that_is_not_there_is_127() {
    let run = Guest::new().run(&[], &["no-such-command"]);
    assert_eq!(run.code, 127, "{}", run.stderr);
    assert!(run.stderr.contains("`no-such-command`"), "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn what_a_command_leaves_behind_does_not_keep_the_guest() {
    let run = Guest::new().run(
        &["--timeout", "60"],
        &["sh", "-c", "sleep 1000 & echo done"],
    );
    assert_eq!(
        (run.code, run.stdout.as_slice()),
        (0, b"done\n".as_slice()),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "boots a guest"]
fn loopback_is_up_when_the_command_starts() {
    let udp = ["syscall-load", "run", "udp_echo", "--run-ms", "50"];
    let run = Guest::new().run(&[], &udp);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_panic_is_a_panic() {
    let run = Guest::new().run(&[], &["sh", "-c", "echo c > /proc/sysrq-trigger"]);
    assert_eq!(run.code, 241, "{}", run.stderr);
    assert!(
        run.stderr.contains("sysrq triggered crash"),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "boots a guest"]
fn success_with_an_oops_on_the_console_is_no_success() {
    let oops = "echo '<1>BUG: kernel NULL pointer dereference, address: 0' > /dev/kmsg";
    let run = Guest::new().run(&[], &["sh", "-c", oops]);
    assert_eq!(run.code, 242, "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_warning_is_seen_although_the_kernel_is_quiet() {
    let warning = "echo '<4>WARNING: CPU: 0 PID: 1 at kernel/x.c:1' > /dev/kmsg";
    let run = Guest::new().run(&[], &["sh", "-c", warning]);
    assert_eq!(run.code, 242, "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_hang_before_the_first_process_is_tried_three_times() {
    let guest = Guest::new();
    let init = [
        "--kernel-arg",
        "rdinit=/bin/busybox",
        "--kernel-arg",
        "-- sleep 1000",
    ];
    let run = guest.run(&[&init[..], &["--boot-limit", "3"]].concat(), &["true"]);
    assert_eq!(run.code, 243, "{}", run.stderr);
    assert!(run.stderr.contains("no hello in 3 s"), "{}", run.stderr);
    assert!(run.stderr.contains("after 3 attempts"), "{}", run.stderr);
    assert_eq!(guest.record()["attempts"].as_array().map(Vec::len), Some(3));
}

#[test]
#[ignore = "boots a guest"]
fn a_hang_after_the_hello_is_tried_once() {
    let guest = Guest::new();
    let vm = guest.start(&["--silence-limit", "3"], &["sleep", "1000"]);
    guest.wait_for_command(&vm);
    guest.signal_qemu(Signal::STOP);
    let run = vm.wait();
    assert_eq!(run.code, 243, "{}", run.stderr);
    assert!(run.stderr.contains("no heartbeat in 3 s"), "{}", run.stderr);
    assert_eq!(guest.record()["attempts"].as_array().map(Vec::len), Some(1));
    assert!(guest.qemu().is_none(), "a stopped QEMU survived");
}

#[test]
#[ignore = "boots a guest"]
fn a_lost_channel_is_neither_a_hang_nor_a_death() {
    let unbind = "echo virtio0 > /sys/bus/virtio/drivers/virtio_console/unbind; sleep 1000";
    let run = Guest::new().run(&[], &["sh", "-c", unbind]);
    assert_eq!(run.code, 244, "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_restart_is_not_taken_for_a_silent_death() {
    let run = Guest::new().run(&[], &["reboot", "-f"]);
    assert_eq!(run.code, 244, "{}", run.stderr);
    assert!(!run.stderr.contains("attempts"), "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_triple_fault_is_a_silent_death_and_tried_three_times() {
    let guest = Guest::new();
    let image = with_a_kernel_that_triple_faults(&guest.folder().join("image"));
    let run = guest.run(&["--image", image.to_str().expect("UTF-8")], &["true"]);
    assert_eq!(run.code, 245, "{}", run.stderr);
    assert!(run.stderr.contains("after 3 attempts"), "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_command_that_takes_too_long_is_a_timeout() {
    let run = Guest::new().run(&["--timeout", "1"], &["sleep", "1000"]);
    assert_eq!(run.code, 246, "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn a_module_that_is_refused_is_named() {
    let run = Guest::new().run(&["--module", "no-such-module"], &["true"]);
    assert_eq!(run.code, 247, "{}", run.stderr);
    assert!(
        run.stderr.contains("/lib/modules/no-such-module.ko"),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "boots a guest"]
fn signals_to_vm_end_qemu_too() {
    for (signal, code) in [
        (Signal::TERM, Some(143)),
        (Signal::INT, Some(130)),
        (Signal::KILL, None),
    ] {
        let guest = Guest::new();
        let vm = guest.start(&[], &["sleep", "1000"]);
        guest.wait_for_command(&vm);
        vm.signal(signal);
        let run = vm.wait();
        assert_eq!(
            code,
            Some(run.code).filter(|code| *code >= 0),
            "{}",
            run.stderr
        );
        guest.wait_for_the_end_of_qemu();
    }
}

#[test]
#[ignore = "boots a guest"]
fn auto_finds_a_tier_and_remembers_it() {
    let guest = Guest::new();
    let first = guest.run(&["--tier", "auto"], &["true"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let tier = guest.record()["tier"].clone();
    let second = guest.run(&["--tier", "auto"], &["true"]);
    assert_eq!(second.code, 0, "{}", second.stderr);
    let record = guest.record();
    assert_eq!(record["tier"], tier);
    assert_eq!(
        record["attempts"].as_array().map(Vec::len),
        Some(1),
        "nothing is tried twice"
    );
    if tier == "tcg" {
        assert!(first.stderr.contains("using tcg: "), "{}", first.stderr);
        assert!(second.stderr.contains("using tcg: "), "{}", second.stderr);
    }
}

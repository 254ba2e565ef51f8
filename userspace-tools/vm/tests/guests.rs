// SPDX-License-Identifier: GPL-2.0

//! Exit codes, output and records of real guests. These boot the image in `SLOWPATH_IMAGE` (else
//! `build/image`) and fail without one, so they run only on request: `cargo test -p vm -- --ignored`.

mod boot;
#[path = "guests/tiers.rs"]
mod tiers;
#[path = "guests/xen.rs"]
mod xen;

use std::fs;

use boot::{with_a_kernel_that_triple_faults, Guest, SmallDisk};
use rustix::process::Signal;

/// A guest each: options, command, exit code of `vm`, text of its messages.
macro_rules! guests {
    ($($name:ident: $options:expr, $command:expr => $code:literal, $text:literal;)+) => {$(
        #[test]
        #[ignore = "boots a guest"]
        fn $name() {
            Guest::new().run(&$options, &$command).exits($code).reports($text);
        }
    )+};
}

const LOCKDOWN: &str = "mount -t securityfs none /sys/kernel/security; \
    echo integrity > /sys/kernel/security/lockdown; lock-load status 2>&1 | grep 'kernel lockdown forbids it'";

guests! {
    signal_in_the_guest_is_128_and_its_number: [], ["sh", "-c", "kill -9 $$"] => 137, "";
    killed_command_reports_that_the_guest_was_out_of_memory:
        ["--memory", "256"], ["tail", "/dev/zero"] => 137, "the guest ran out of memory";
    validate_on_one_vcpu_is_a_failed_test_of_ktap:
        ["--module", "lock-load"], ["sh", "-c", "lock-load validate --ktap | grep '^not ok 1 '"] => 0, "one vCPU";
    lockdown_is_not_a_missing_privilege:
        ["--module", "lock-load"], ["sh", "-c", LOCKDOWN] => 0, "";
    status_that_stands_for_a_failure_of_the_guest_is_239:
        [], ["sh", "-c", "exit 245"] => 239, "exited with status 245";
    missing_command_is_127: [], ["no-such-command"] => 127, "`no-such-command`";
    loopback_is_up_when_the_command_starts:
        [], ["syscall-load", "run", "udp_echo", "--run-ms", "50"] => 0, "";
    kernel_panic_is_241:
        [], ["sh", "-c", "echo c > /proc/sysrq-trigger"] => 241, "sysrq triggered crash";
    success_with_an_oops_on_the_console_is_242:
        [], ["sh", "-c", "echo '<1>BUG: kernel NULL pointer dereference, address: 0' > /dev/kmsg"] => 242, "";
    warning_reaches_the_console_although_the_kernel_is_quiet:
        [], ["sh", "-c", "echo '<4>WARNING: CPU: 0 PID: 1 at kernel/x.c:1' > /dev/kmsg"] => 242, "";
    lost_channel_is_neither_a_hang_nor_a_silent_exit:
        [], ["sh", "-c", "echo virtio0 > /sys/bus/virtio/drivers/virtio_console/unbind; sleep 1000"] => 244, "";
    unstable_tsc_leaves_the_order_of_arrival_untested:
        ["--kernel-arg", "tsc=unstable", "--vcpus", "2", "--module", "lock-load"], ["sh", "-c", "cd /sys/kernel/debug/lock-load && \
            echo lock=ticket threads=2 run_ms=500 > config && echo start > run && sleep 2 && \
            grep 'order fifo=untested waits=[1-9]' report"] => 0, "";
}

/// The node of each vCPU, the distances, and the memory of the second node.
#[test]
#[ignore = "boots a guest"]
fn guest_has_the_numa_nodes_that_were_asked_for() {
    const SCRIPT: &str = "cd /sys/devices/system/node; \
        cat online node0/cpulist node1/cpulist node0/distance node1/distance; grep -c 'MemTotal: *0 kB' node1/meminfo";
    for (numa, memory, far) in [("2", 0, 20), ("nodes=2,distance=40,memoryless=1", 1, 40)] {
        let guest = Guest::new();
        let options = ["--vcpus", "4", "--numa", numa];
        let run = guest.run(&options, &["sh", "-c", SCRIPT]);
        let nodes = format!("0-1\n0-1\n2-3\n10 {far}\n{far} 10\n{memory}\n");
        assert_eq!(
            String::from_utf8_lossy(&run.stdout),
            nodes,
            "{}",
            run.stderr
        );
        run.reports("4 vCPUs of 2 NUMA nodes on");
        let record = guest.record();
        assert_eq!(record["numa"]["nodes"], 2);
        assert_eq!(record["numa"]["distance"], far);
    }
}

#[test]
#[ignore = "boots a guest"]
fn failures_that_the_console_does_not_explain_are_one_line() {
    for (options, command, code, text) in [
        (["--timeout", "1"], "sleep 1000", 246, "longer than 1 s"),
        (
            ["--module", "no-such-module"],
            "true",
            247,
            "/lib/modules/no-such-module.ko",
        ),
        (["--stdin", "/proc/self/mem"], "cat", 250, "cannot read the"),
    ] {
        let run = Guest::new().run(&options, &["sh", "-c", command]);
        let run = run.exits(code);
        run.reports(text);
        let lines = run.stderr.lines();
        let lines: Vec<&str> = lines
            .filter(|line| !line.contains("first command"))
            .collect();
        assert_eq!(lines.len(), 1, "{}", run.stderr);
    }
}

#[test]
#[ignore = "boots a guest"]
fn status_streams_and_record_of_a_command_arrive() {
    let guest = Guest::new();
    let script = "echo out; echo err >&2; exit 7";
    let run = guest.run(&["--vcpus", "2"], &["sh", "-c", script]).exits(7);
    assert_eq!(run.stdout, b"out\n");
    run.reports("err\n");
    let record = guest.record();
    assert_eq!(record["outcome"]["class"], "exited");
    assert_eq!(record["tier"], "tcg");
    assert_eq!(record["map_holds"], true);
    assert_eq!(record["map"].as_array().map(Vec::len), Some(2));
    assert!(record["times"]["qemu_start_to_first_command_ms"].as_u64() > Some(0));
    assert!(record["release"].as_str() > Some(""));
}

#[test]
#[ignore = "boots a guest"]
fn ten_megabytes_go_in_and_come_out_whole() {
    let guest = Guest::new();
    let data: Vec<u8> = (0..10_u32 << 20)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let path = guest.folder().join("stdin");
    fs::write(&path, &data).expect("the input file");
    let stdin = ["--stdin", path.to_str().expect("UTF-8")];
    let run = guest.run(&stdin, &["cat"]).exits(0);
    let length = run.stdout.len();
    assert!(run.stdout == data, "{length} bytes, or others");
}

#[test]
#[ignore = "boots a guest"]
fn unread_input_does_not_block() {
    let guest = Guest::new();
    let path = guest.folder().join("stdin");
    fs::write(&path, vec![b'x'; 1 << 20]).expect("the input file");
    let stdin = ["--stdin", path.to_str().expect("UTF-8")];
    guest.run(&stdin, &["true"]).exits(0);
}

#[test]
#[ignore = "boots a guest"]
fn background_processes_do_not_keep_the_guest() {
    let command = ["sh", "-c", "sleep 1000 & echo done"];
    let run = Guest::new().run(&["--timeout", "60"], &command).exits(0);
    assert_eq!(run.stdout, b"done\n");
}

#[test]
#[ignore = "boots a guest"]
fn hang_before_the_first_process_is_retried_twice() {
    let guest = Guest::new();
    let options = "--boot-limit 3 --kernel-arg rdinit=/bin/busybox --kernel-arg";
    let options: Vec<&str> = options.split(' ').chain(["-- sleep 1000"]).collect();
    let run = guest.run(&options, &["true"]).exits(243);
    run.reports("no hello in 3 s").reports("after 3 attempts");
    assert_eq!(guest.attempts(), Some(3));
}

#[test]
#[ignore = "boots a guest"]
fn hang_after_the_hello_is_not_retried() {
    let guest = Guest::new();
    let vm = guest.start(&["--silence-limit", "3"], &["sleep", "1000"]);
    guest.wait_for_command(&vm);
    guest.signal_qemu(Signal::STOP);
    vm.wait().exits(243).reports("no heartbeat in 3 s");
    assert_eq!(guest.attempts(), Some(1));
    assert!(guest.qemu().is_none(), "a stopped QEMU survived");
}

#[test]
#[ignore = "boots a guest"]
fn restart_is_not_a_silent_exit() {
    let run = Guest::new().run(&[], &["reboot", "-f"]).exits(244);
    assert!(!run.stderr.contains("attempts"), "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn triple_fault_is_a_silent_exit_and_retried_twice() {
    let guest = Guest::new();
    let image = with_a_kernel_that_triple_faults(&guest.folder().join("image"));
    let image = ["--image", image.to_str().expect("UTF-8")];
    let run = guest.run(&image, &["true"]);
    run.exits(245).reports("after 3 attempts");
}

#[test]
#[ignore = "boots a guest"]
fn record_that_cannot_be_written_is_no_failure_of_the_guest() {
    let guest = Guest::new();
    let record = guest.folder().join("record/record.json");
    let vm = guest.start(&[], &["sleep", "3"]);
    guest.wait_for_command(&vm);
    fs::create_dir_all(record.join("in-the-way")).expect("a folder");
    vm.wait().exits(250).reports("cannot write");
}

#[test]
#[ignore = "boots a guest"]
fn full_disk_is_one_line_and_leaves_no_record() {
    const FULL: &str = "No space left on device";
    let guest = Guest::new();
    let disk = SmallDisk::mount(guest.folder().join("record"));
    let vm = guest.start(&[], &["sleep", "3"]);
    guest.wait_for_command(&vm);
    disk.fill();
    let run = vm.wait().exits(250);
    run.reports("cannot write the record to ").reports(FULL);
    assert_eq!(run.stderr.matches(FULL).count(), 1, "{}", run.stderr);
    assert!(!disk.has("record.json"));
    let full = guest.folder().join("full");
    let record = ["--record", full.to_str().expect("UTF-8")];
    let full = SmallDisk::mount(full.clone());
    full.fill();
    let run = guest.run(&record, &["true"]).exits(240);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    run.reports("cannot use --record ").reports(FULL);
}

/// The console, and a warning on it, would be missing.
#[test]
#[ignore = "boots a guest"]
fn full_disk_under_the_console_is_no_success() {
    let guest = Guest::without_record();
    let disk = SmallDisk::mount(guest.folder().join("tmp"));
    let tmp = format!("TMPDIR={}", guest.folder().join("tmp").display());
    let vm = guest.start_by(&["env", &tmp], &[], &["sleep", "3"]);
    guest.wait_for_command(&vm);
    disk.fill();
    let run = vm.wait().exits(250);
    run.reports("the console in ").reports("No space left");
}

#[test]
#[ignore = "boots a guest"]
fn signals_to_vm_end_qemu_too() {
    for (signal, code) in [
        (Signal::TERM, 143),
        (Signal::INT, 130),
        (Signal::HUP, 129),
        // Killed, `vm` has no exit code.
        (Signal::KILL, -1),
    ] {
        let guest = Guest::new();
        let vm = guest.start(&[], &["sleep", "1000"]);
        guest.wait_for_command(&vm);
        vm.signal(signal);
        vm.wait().exits(code);
        guest.wait_for_the_end_of_qemu();
    }
}

#[test]
#[ignore = "boots a guest"]
fn hangup_does_not_end_a_run_under_nohup() {
    let guest = Guest::new();
    let vm = guest.start_by(&["nohup"], &[], &["sleep", "2"]);
    guest.wait_for_command(&vm);
    vm.signal(Signal::HUP);
    vm.wait().exits(0);
}

#[test]
#[ignore = "boots a guest"]
fn auto_finds_a_tier_and_caches_it() {
    let guest = Guest::new();
    let auto = ["--tier", "auto"];
    let first = guest.run(&auto, &["true"]).exits(0);
    let tier = guest.record()["tier"].clone();
    let second = guest.run(&auto, &["true"]).exits(0);
    assert_eq!(guest.record()["tier"], tier);
    assert_eq!(guest.attempts(), Some(1), "nothing is probed twice");
    if tier == "tcg" {
        first.reports("using TCG");
        second.reports("using TCG");
    }
}

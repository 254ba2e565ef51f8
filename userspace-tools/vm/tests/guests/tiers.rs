// SPDX-License-Identifier: GPL-2.0

//! Real guests within a machine, in a mode, in groups, and with neighbours.

use std::thread;
use std::time::Duration;

use crate::boot::{with_a_kernel_that_triple_faults, Guest};
use rustix::process::{kill_process, Signal};
use serde_json::Value;

#[test]
#[ignore = "boots a guest"]
fn nested_the_guest_has_paravirt_locks_and_both_machines_are_on_record() {
    let guest = Guest::new();
    let options = [
        "--tier", "nested", "--vcpus", "4", "--mode", "pv", "--hog", "0",
    ];
    let script = "echo $SLOWPATH_MODE; echo err >&2; exit 7";
    let run = guest.run(&options, &["sh", "-c", script]);
    assert_eq!(run.code, 7, "{}", run.stderr);
    assert_eq!(run.stdout, b"pv\n");
    assert!(run.stderr.contains("err\n"), "{}", run.stderr);
    let record = guest.record();
    assert_eq!(record["mode"], "pv");
    assert_eq!(record["tier"], "nested");
    assert_eq!(record["map_holds"], true);
    assert!(
        record["map"][3]["ran_ms"].as_f64() > Some(0.0),
        "{record:#}"
    );
    assert!(
        record["hogs"][0]["ran_ms"].as_f64() > Some(0.0),
        "{record:#}"
    );
    let line = |pointer: &str| record.pointer(pointer).map(Value::to_string);
    let outer = line("/command_line").expect("L1's line");
    let inner = line("/l1/guest_command_line").expect("the guest's line");
    assert!(outer.contains("tcg,thread=multi") && inner.contains("\"kvm\""));
}

#[test]
#[ignore = "boots a guest"]
fn nested_nothing_outlives_a_vm_that_is_killed() {
    let guest = Guest::new();
    let vm = guest.start(&["--tier", "nested"], &["true"]);
    while guest.qemu().is_none() {
        thread::sleep(Duration::from_millis(20));
    }
    vm.signal(Signal::KILL);
    assert_eq!(vm.wait().code, -1);
    guest.wait_for_the_end_of_qemu();
}

#[test]
#[ignore = "boots a guest"]
fn nested_an_l1_hypervisor_that_dies_is_tried_three_times() {
    let guest = Guest::new();
    let image = with_a_kernel_that_triple_faults(&guest.folder().join("image"));
    let image = image.to_str().expect("UTF-8");
    let run = guest.run(&["--tier", "nested", "--image", image], &["true"]);
    assert_eq!(run.code, 245, "{}", run.stderr);
    assert!(run.stderr.contains("repetition 2 of 2"), "{}", run.stderr);
    assert!(run.stderr.contains("after 3 attempts"), "{}", run.stderr);
    let record = guest.record();
    assert_eq!(record["retries"], 2);
    assert_eq!(record["attempts"].as_array().map(Vec::len), Some(3));
}

#[test]
#[ignore = "boots a guest"]
fn a_guest_in_another_mode_than_its_label_is_refused() {
    let guest = Guest::new();
    let options = ["--vcpus", "2", "--mode", "native", "--boot-mode", "tas"];
    let run = guest.run(&options, &["echo", "ran"]);
    assert_eq!(run.code, 249, "{}", run.stderr);
    assert!(run.stdout.is_empty(), "the command ran");
    assert!(run.stderr.contains("the guest is tas"), "{}", run.stderr);
    assert_eq!(guest.record()["mode"], "tas");
}

#[test]
#[ignore = "boots a guest"]
fn a_group_meets_and_each_guest_has_a_record() {
    let guest = Guest::new();
    let run = guest.run(&["--guests", "2"], &["sh", "-c", "barrier && echo met"]);
    assert_eq!(
        (run.code, run.stdout.as_slice()),
        (0, &b"met\n"[..]),
        "{}",
        run.stderr
    );
    let folder = guest.folder().join("record");
    for part in ["record.json", "guest-2/record.json"] {
        let text = std::fs::read(folder.join(part)).expect(part);
        let record: Value = serde_json::from_slice(&text).expect(part);
        assert_eq!(record["exit_code"], 0, "{part}");
    }
    let theirs = std::fs::read_to_string(folder.join("guest-2/output")).expect("its output");
    assert!(theirs.contains("met\n"), "{theirs}");
}

#[test]
#[ignore = "boots a guest"]
fn a_group_that_loses_a_guest_ends() {
    let guest = Guest::new();
    let vm = guest.start(&["--guests", "2"], &["sh", "-c", "sleep 1000"]);
    guest.wait_for_command(&vm);
    let second = guest.qemu_of("record/guest-2").expect("the second guest");
    kill_process(second, Signal::KILL).expect("a signal to QEMU");
    let run = vm.wait();
    assert_eq!(run.code, 245, "{}", run.stderr);
    assert!(run.stderr.contains("guest 2 is lost"), "{}", run.stderr);
    guest.wait_for_the_end_of_qemu();
}

#[test]
#[ignore = "boots a guest"]
fn ratio_sets_the_vcpus_and_a_hog_runs_beside_them() {
    let guest = Guest::new();
    let run = guest.run(&["--cpus", "0", "--ratio", "2", "--hog", "0"], &["nproc"]);
    assert_eq!(run.stdout, b"2\n", "{}", run.stderr);
    let record = guest.record();
    assert_eq!(record["vcpus"], 2);
    assert!(
        record["hogs"][0]["ran_ms"].as_f64() > Some(0.0),
        "{record:#}"
    );
}

// SPDX-License-Identifier: GPL-2.0

//! Real guests in the tiers nested and count, in paravirt modes, in groups, and beside CPU hogs.

use std::thread;
use std::time::Duration;

use rustix::process::{kill_process, Signal};
use serde_json::Value;

use crate::boot::{with_a_kernel_that_triple_faults, Guest};

#[test]
#[ignore = "boots a guest"]
fn nested_guest_has_paravirt_locks_and_both_machines_are_on_record() {
    let guest = Guest::new();
    let options = "--tier nested --vcpus 4 --mode pv --hog 0";
    let options: Vec<&str> = options.split(' ').collect();
    // The last vCPU has to run, too, for its CPU time not to be 0; its command starts after the accounting does.
    let script = "echo $SLOWPATH_MODE; echo err >&2; taskset -c 3 sh -c 'exit 7'";
    let run = guest.run(&options, &["sh", "-c", script]).exits(7);
    assert_eq!(run.stdout, b"pv\n");
    run.reports("err\n");
    let record = guest.record();
    assert_eq!(record["mode"], "pv");
    assert_eq!(record["tier"], "nested");
    assert_eq!(record["map_holds"], true);
    for ran in [&record["map"][3]["ran_ms"], &record["hogs"][0]["ran_ms"]] {
        assert!(ran.as_f64() > Some(0.0), "{record:#}");
    }
    // What the L1 hypervisor's KVM reports itself, and the slice of its scheduler.
    let threshold = &record["pause_loops"]["threshold"];
    assert!(
        threshold.is_u64() && record["map"][0]["slice_us"].is_u64(),
        "{record:#}"
    );
    let line = |pointer: &str| record.pointer(pointer).map(Value::to_string);
    let outer = line("/command_line").expect("L1's line");
    let inner = line("/l1/guest_command_line").expect("the guest's line");
    assert!(outer.contains("tcg,thread=multi") && inner.contains("\"kvm\""));
}

#[test]
#[ignore = "boots a guest"]
fn nested_guest_does_not_outlive_a_vm_that_is_killed() {
    let guest = Guest::new();
    let vm = guest.start(&["--tier", "nested"], &["true"]);
    while guest.qemu().is_none() {
        thread::sleep(Duration::from_millis(20));
    }
    vm.signal(Signal::KILL);
    vm.wait().exits(-1);
    guest.wait_for_the_end_of_qemu();
}

#[test]
#[ignore = "boots a guest"]
fn nested_l1_hypervisor_that_triple_faults_is_retried_twice() {
    let guest = Guest::new();
    let image = with_a_kernel_that_triple_faults(&guest.folder().join("image"));
    let image = image.to_str().expect("UTF-8");
    let run = guest.run(&["--tier", "nested", "--image", image], &["true"]);
    let run = run.exits(245);
    run.reports("retry 2 of 2").reports("after 3 attempts");
    assert_eq!(guest.record()["retries"], 2);
    assert_eq!(guest.attempts(), Some(3));
}

#[test]
#[ignore = "boots a guest"]
fn guest_in_another_mode_than_asked_for_is_refused() {
    let guest = Guest::new();
    let options = ["--vcpus", "2", "--mode", "native", "--boot-mode", "tas"];
    let run = guest.run(&options, &["echo", "ran"]).exits(249);
    assert!(run.stdout.is_empty(), "the command ran");
    run.reports("the guest is tas");
    assert_eq!(guest.record()["mode"], "tas");
}

#[test]
#[ignore = "boots a guest"]
fn group_meets_at_the_barrier_and_each_guest_has_a_record() {
    let guest = Guest::new();
    let command = ["sh", "-c", "barrier && echo met"];
    let run = guest.run(&["--guests", "2"], &command).exits(0);
    assert_eq!(run.stdout, b"met\n");
    for part in ["record", "record/guest-2"] {
        assert_eq!(guest.record_in(part)["exit_code"], 0, "{part}");
    }
    let output = guest.folder().join("record/guest-2/output");
    let output = std::fs::read_to_string(output).expect("its output");
    assert!(output.contains("met\n"), "{output}");
}

#[test]
#[ignore = "boots a guest"]
fn group_that_loses_a_guest_ends() {
    let guest = Guest::new();
    let vm = guest.start(&["--guests", "2"], &["sh", "-c", "sleep 1000"]);
    guest.wait_for_command(&vm);
    let second = guest.qemu_of("record/guest-2").expect("the second guest");
    kill_process(second, Signal::KILL).expect("a signal to QEMU");
    vm.wait().exits(245).reports("guest 2 is lost");
    guest.wait_for_the_end_of_qemu();
}

#[test]
#[ignore = "boots a guest"]
fn group_does_not_lose_a_guest_whose_command_fails() {
    let guest = Guest::new();
    let command = ["sh", "-c", "barrier; exit 245"];
    let run = guest.run(&["--guests", "2"], &command).exits(239);
    assert!(!run.stderr.contains("lost"), "{}", run.stderr);
}

#[test]
#[ignore = "boots a guest"]
fn ratio_sets_the_vcpus_and_a_hog_runs_beside_them() {
    let guest = Guest::new();
    let options = ["--cpus", "0", "--ratio", "2", "--hog", "0"];
    let run = guest.run(&options, &["nproc"]).exits(0);
    assert_eq!(run.stdout, b"2\n");
    let record = guest.record();
    assert_eq!(record["vcpus"], 2);
    let ran_ms = record["hogs"][0]["ran_ms"].as_f64();
    assert!(ran_ms > Some(0.0), "{record:#}");
}

#[test]
#[ignore = "boots a guest"]
fn injected_preemptions_are_on_record_in_the_order_of_the_requests() {
    let guest = Guest::new();
    let runs = "lock-load threads=2 run_ms=400 preempt_ms=20\n\
                lock-load threads=2 run_ms=600 preempt_ms=200 preempt_every_ms=201\n";
    let plan = guest.folder().join("plan");
    std::fs::write(&plan, runs).expect("a plan");
    let plan = plan.to_str().expect("UTF-8");
    let options = [
        "--vcpus",
        "2",
        "--preempt",
        "holder",
        "--module",
        "lock-load",
        "--stdin",
        plan,
    ];
    let run = guest.run(&options, &["batch"]).exits(0);
    let reports = String::from_utf8(run.stdout).expect("UTF-8");
    let requested = reports.lines().map(|line| {
        let report: Value = serde_json::from_str(line).expect(line);
        report["injected"]["requested"].as_u64().expect(line)
    });
    let requested: Vec<usize> = requested.map(|n| n as usize).collect();
    let log = guest.record()["preemption_log"].clone();
    let asked: Vec<u64> = log
        .as_array()
        .expect("a log")
        .iter()
        .map(|one| one["ms"].as_u64().expect("ms"))
        .collect();
    let [short, long] = requested[..] else {
        panic!("{reports}");
    };
    assert!(short > 0 && long > 0, "{reports}");
    assert_eq!(asked, [vec![20; short], vec![200; long]].concat());
    for one in log.as_array().expect("a log") {
        assert_eq!(one["outcome"], "served", "{one}");
        let us = |key: &str| one[key].as_u64().expect(key);
        assert!(us("requested_us") <= us("began_us"), "{one}");
        assert!(us("ended_us") - us("began_us") >= us("ms") * 1000, "{one}");
    }
}

#[test]
#[ignore = "boots a guest"]
fn count_guest_has_instructions_for_a_clock_and_prints_no_time() {
    const RUN: &str = "lock-load run --lock ticket --threads 2 --hold-ns 0 --idle-ns 0 --run-ms 5";
    let guest = Guest::new();
    let options = ["--tier", "count", "--vcpus", "2", "--module", "lock-load"];
    let script = format!("{RUN}; {RUN} --json");
    let run = guest.run(&options, &["sh", "-c", &script]).exits(0);
    run.reports("1 ns being 1 instruction");
    assert_eq!(guest.record()["tier"], "count");
    let output = String::from_utf8(run.stdout).expect("UTF-8");
    let (text, json) = output.split_at(output.find("\n{").expect("a record"));
    assert!(text.contains("/G instructions"), "{text}");
    let is_time = |word: &str| {
        let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        unit.len() < word.len() && ["ns", "us", "ms", "s"].contains(&unit)
    };
    assert!(!text.split_whitespace().any(is_time), "{text}");
    let record: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(record["clock"], "instructions");
    // Two threads share the clock, which no host slows down.
    let elapsed = record["sum"]["elapsed_instructions"].as_u64();
    assert!(
        (5_000_000..6_000_000).contains(&elapsed.expect("a count")),
        "{record:#}"
    );
    let sum = record["sum"].as_object().expect("a line");
    assert!(!sum.keys().any(|key| key.ends_with("_ns")), "{record:#}");
}

/// Acquisition and release of a ticket lock are an atomic and a store; a timed step has a clock reading, too.
#[test]
#[ignore = "boots a guest"]
fn count_guest_times_each_step_of_a_lock_to_the_instruction() {
    let guest = Guest::new();
    let runs = ["empty", "ticket", "empty", "ticket"];
    let runs = runs.map(|lock| format!("lock-load load=steps lock={lock} threads=1 run_ms=100\n"));
    let plan = guest.folder().join("plan");
    std::fs::write(&plan, runs.concat()).expect("a plan");
    let plan = plan.to_str().expect("UTF-8");
    let options = ["--tier", "count", "--vcpus", "1", "--module", "lock-load"];
    let options = [&options[..], &["--stdin", plan]].concat();
    let run = guest.run(&options, &["batch"]).exits(0);
    let reports = String::from_utf8(run.stdout).expect("UTF-8");
    let least = |line: &str| -> [i64; 3] {
        let report: Value = serde_json::from_str(line).expect(line);
        let steps = report["steps"].as_array().expect("steps");
        let least = |n: usize| steps[n]["least"].as_i64().expect("least");
        [least(0), least(1), least(2)]
    };
    let all: Vec<[i64; 3]> = reports.lines().map(least).collect();
    let [empty, ticket, again @ ..] = all.as_slice() else {
        panic!("{reports}");
    };
    assert_eq!(again, [*empty, *ticket], "instructions are exact");
    let [lock, section, unlock] = [0, 1, 2].map(|n: usize| ticket[n] - empty[n]);
    assert!(
        (2..20).contains(&lock) && (1..10).contains(&unlock),
        "{all:?}"
    );
    assert_eq!(section, 0, "{all:?}");
}
